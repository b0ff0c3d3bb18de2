//! Versions of modules.

use super::modules::{TAG, TAG_BINDING, TAGS, VERSION_STATUSES, of_module};
use crate::{
    openapi::{Answer, Kind, Member, Resource, joined, list, named, object, one, text, time, words},
    route::{Access, Content, Description, Route},
    tfe::{create_version, delete_version, list_tag_bindings, list_versions, read_version, update_version},
};

const REVOCATION: &[Member] = &[words("status", &["Revoked"]), text("message"), text("link")];
const DEPRECATION: &[Member] = &[text("reason"), text("link")];
const MODULE: &[Member] = &[one("registry-module", "registry-modules")];

const ATTRIBUTES: &[Member] = &[
    text("source"),
    words("status", VERSION_STATUSES),
    text("version"),
    text("commit-sha").or_null(),
    text("branch").or_null(),
    time("created-at"),
    time("updated-at"),
    object("revocation", REVOCATION).or_null(),
    object("deprecation", DEPRECATION).optional(),
    text("error").optional().says("Why it failed"),
    text("moved-to").optional().says("The commit that its tag is on now"),
];

const LISTED_ATTRIBUTES: &[Member] = &joined::<15>(
    ATTRIBUTES,
    &[text("name"), text("namespace"), text("provider-name"), list("tags", &Kind::Object(TAG))],
);

const VERSION: Resource = Resource::new("registry-module-versions", ATTRIBUTES, MODULE);

const LISTED: Resource = Resource::new("registry-module-versions", LISTED_ATTRIBUTES, MODULE).called("listed-versions");

/// Numbers that are absent are zero.
const VERSION_NUMBER: &str = r"^v?[0-9]+(\.[0-9]+){0,2}([-+][0-9A-Za-z.+-]+)?$";

const CREATED: Resource = Resource::new(
    "registry-module-versions",
    &[named("version", VERSION_NUMBER).says("A semantic version"), text("commit-sha").optional()],
    &[],
);

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
