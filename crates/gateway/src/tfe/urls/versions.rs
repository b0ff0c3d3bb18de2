//! Versions of modules.

use super::modules::{TAG, TAG_BINDING, TAGS, VERSION_STATUSES, of_module};
use crate::{
    openapi::{Answer, Kind, Member, Resource, flag, joined, list, named, object, one, text, time, words},
    route::{Access, Content, Description, Route},
    tfe::{
        accept_moved_tag, create_version, delete_version, list_tag_bindings, list_versions, read_version,
        resync_version, update_version,
    },
};

const REVOCATION: &[Member] = &[words("status", &["Revoked"]), text("message"), text("link")];
const DEPRECATION: &[Member] = &[text("reason"), text("link")];
const MODULE: &[Member] = &[one("registry-module", "registry-modules")];

const TIMELINE: &[Member] = &[
    time("queued-at").or_null(),
    time("fetched-at").or_null(),
    time("archived-at").or_null(),
    time("parsed-at").or_null(),
    words("failed-stage", &["fetch", "archive", "parse"]).or_null(),
    text("error").or_null(),
];

const ATTRIBUTES: &[Member] = &[
    text("source"),
    words("status", VERSION_STATUSES),
    text("version"),
    text("commit-sha").or_null(),
    text("branch").or_null(),
    time("created-at"),
    time("updated-at"),
    object("revocation", REVOCATION).or_null(),
    text("git-tag").or_null().says("The tag it was made from"),
    object("timeline", TIMELINE).says("The last attempt to make it"),
    object("deprecation", DEPRECATION).optional(),
    text("error").optional().says("Why it failed"),
    text("moved-to").optional().says("The commit that its tag is on now"),
    text("accepted-commit").optional().says("The commit that will be published instead"),
    time("tag-vanished-at").optional().says("Since when no tag stands for it"),
    flag("pending-delete").optional().says("It will be deleted, because its tag is gone"),
];

const LISTED_ATTRIBUTES: &[Member] = &joined::<20>(
    ATTRIBUTES,
    &[text("name"), text("namespace"), text("provider-name"), list("tags", &Kind::Object(TAG))],
);

const VERSION: Resource = Resource::new("registry-module-versions", ATTRIBUTES, MODULE);

const LISTED: Resource = Resource::new("registry-module-versions", LISTED_ATTRIBUTES, MODULE).called("listed-versions");

/// Numbers that are absent are zero.
const VERSION_NUMBER: &str = r"^v?[0-9]+(\.[0-9]+){0,2}([-+][0-9A-Za-z.+-]+)?$";

const CREATED: Resource = Resource::new(
    "registry-module-versions",
    &[
        named("version", VERSION_NUMBER).says("A semantic version"),
        text("commit-sha").optional().says("Of a module that is made from a branch: the commit to make it from"),
    ],
    &[],
);

const ACCEPTED: Resource =
    Resource::new("registry-module-versions", &[text("commit-sha").says("The commit that `moved-to` names")], &[]);

/// Of deprecation and revocation at most one.
const UPDATED: Resource = Resource::new(
    "registry-module-versions",
    &[
        object(
            "deprecation",
            &[
                words("deprecated-status", &["Deprecated", "Undeprecated"]),
                text("reason").optional(),
                text("link").optional(),
            ],
        )
        .optional(),
        object(
            "revocation",
            &[words("status", &["Revoked", "Unrevoked"]), text("message").optional(), text("link").optional()],
        )
        .optional(),
    ],
    &[TAGS],
);

/// Differs with what was changed: the whole version, its revocation alone, or a reference to its deprecation.
const CHANGED: &[Member] = &[
    object("data", &[text("id"), words("type", &["registry-module-versions", "module-versions"])]),
    list("included", &Kind::Object(&[text("id"), text("type")])).optional(),
];

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        Description::get(of_module!("/versions"), "list_versions", Access::Reader)
            .says("The versions of a module, newest first")
            .query(&[text("filter[tagged][0][key]").optional(), text("filter[tagged][0][value]").optional()])
            .query(super::PAGE)
            .answers(Answer::Page(&LISTED))
            .to(list_versions::list),
        Description::get(of_module!("/version"), "read_version", Access::Reader)
            .says("The version that `module_version` names")
            .query(&[text("module_version")])
            .answers(Answer::One(200, &VERSION))
            .to(read_version::read),
        Description::get("/registry-module-versions/{id}/tag-bindings", "list_version_tag_bindings", Access::Reader)
            .says("The tags of a version, by key")
            .answers(Answer::All(&TAG_BINDING))
            .to(list_tag_bindings::list_of_version),
        Description::patch(of_module!("/{version}"), "update_version", Access::Publisher)
            .says("Deprecates a version, revokes it, undoes either, or sets its tags")
            .changes(update_version::ACTION)
            .body(Content::Resource(&UPDATED))
            .answers(Answer::Json(200, "changed-version", CHANGED))
            .to(update_version::update),
        Description::post(of_module!("/{version}/actions/resync"), "resync_version", Access::Publisher)
            .says("Has one version from Git tried again, or its documentation read anew; not in TFE")
            .changes(resync_version::ACTION)
            .answers(Answer::Nothing(202))
            .refuses(&[422])
            .to(resync_version::resync),
        Description::post(of_module!("/{version}/actions/accept-moved-tag"), "accept_moved_tag", Access::Owner)
            .says("Has a published version made anew from the commit that its tag moved to; not in TFE")
            .changes(accept_moved_tag::ACTION)
            .body(Content::Resource(&ACCEPTED))
            .answers(Answer::Nothing(202))
            .refuses(&[409])
            .to(accept_moved_tag::accept),
    ];
    routes.extend(deletes());
    routes.extend(creates());
    routes
}

fn deletes() -> Vec<Route> {
    let delete = |description: Description| {
        description
            .says("Deletes one version, and with the last one its module")
            .changes(delete_version::ACTION)
            .to(delete_version::delete)
    };
    let old = "/registry-modules/actions/delete/{org}/{name}/{provider}/{version}";
    vec![
        delete(Description::delete(of_module!("/{version}"), "delete_version", Access::Owner)),
        delete(Description::post(old, "delete_version_old", Access::Owner)),
    ]
}

fn creates() -> Vec<Route> {
    let create = |path, id| {
        Description::post(path, id, Access::Publisher)
            .says("Makes a version, and a link to upload it to")
            .changes(create_version::ACTION)
            .body(Content::Resource(&CREATED))
            .answers(Answer::One(201, &VERSION))
            .to(create_version::create)
    };
    vec![
        create(of_module!("/versions"), "create_version"),
        create("/registry-modules/{org}/{name}/{provider}/versions", "create_version_old"),
    ]
}
