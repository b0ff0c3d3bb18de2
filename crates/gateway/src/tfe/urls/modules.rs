//! Modules, by their address and by their id, in the forms of today and in older ones.

use crate::{
    openapi::{Answer, Kind, Member, Resource, flag, free, list, many, named, object, one, related, text, time, words},
    route::{Access, Content, Description, Route},
    tfe::{
        create_module, create_module_from_git, delete_module, list_commits, list_modules, list_tag_bindings,
        list_webhook_deliveries, make_webhook_secret, read_module, read_module_by_id, resync_module, update_module,
        validate_module,
    },
};

/// Below the path of one module.
macro_rules! of_module {
    ($rest:literal) => {
        concat!("/organizations/{org}/registry-modules/{registry}/{namespace}/{name}/{provider}", $rest)
    };
}
pub(super) use of_module;

const NAME: &str = "^[0-9A-Za-z]([0-9A-Za-z_-]{0,62}[0-9A-Za-z])?$";
const PROVIDER: &str = "^[0-9a-z]{1,64}$";
const INCLUDE: Member = words("include", &["no-code-modules"]).optional();

pub(super) const VERSION_STATUSES: &[&str] =
    &["pending", "cloning", "clone_failed", "reg_ingress_req_failed", "reg_ingressing", "reg_ingress_failed", "ok"];

pub(super) const TAG: &[Member] = &[text("key"), text("value")];

const MODULE: Resource = Resource::new(
    "registry-modules",
    &[
        text("name"),
        text("namespace"),
        text("provider"),
        words("registry-name", &["private"]),
        words("status", &["pending", "no_version_tags", "setup_failed", "setup_complete"]),
        words("publishing-mechanism", &["git_tag", "branch", "non_vcs"]),
        flag("no-code"),
        list("version-statuses", &Kind::Object(VERSION_STATUS)),
        list("version-tags", &Kind::Object(&[text("version"), list("tags", &Kind::Object(TAG))])),
        list("revoked-versions", &Kind::Text),
        time("created-at"),
        time("updated-at"),
        object("vcs-repo", SOURCE).or_null(),
        free("test-config").says("Only kept: no tests are run"),
        object("permissions", &[flag("can-delete"), flag("can-resync"), flag("can-retry")]),
        text("error-message").optional().says("Why there is nothing to install"),
    ],
    &[one("organization", "organizations"), related("tag-bindings"), many("no-code-modules", "no-code-modules")],
);

const VERSION_STATUS: &[Member] = &[text("version"), words("status", VERSION_STATUSES), text("error").optional()];

const SOURCE: &[Member] = &[
    text("branch"),
    text("display-identifier"),
    text("identifier"),
    flag("ingress-submodules"),
    text("oauth-token-id").or_null(),
    text("github-app-installation-id").or_null(),
    text("repository-http-url").or_null(),
    text("service-provider"),
    flag("tags"),
    text("tags-regex").or_null(),
    text("tag-prefix"),
    text("source-directory"),
    words("vanished-tags", VANISHED_TAGS).says("What becomes of a version whose tag vanished"),
    time("synced-at").or_null().says("When the tags were last looked at for this module"),
    text("webhook-url"),
    words("webhook-status", &["none", "registered", "manual"]).says("Whether we registered it at the host"),
    text("webhook-message").says("Why it has to be made by hand"),
];

const VANISHED_TAGS: &[&str] = &["keep", "remove"];

const CREATED: Resource = Resource::new(
    "registry-modules",
    &[
        named("name", NAME),
        named("provider", PROVIDER),
        words("registry-name", &["private"]).optional(),
        text("namespace").optional().says("The name of the organization, or nothing"),
        flag("no-code").optional(),
    ],
    &[],
);

const CREATED_FROM_GIT: Resource = Resource::new(
    "registry-modules",
    &[
        object("vcs-repo", WANTED_SOURCE),
        named("name", NAME).optional(),
        named("provider", PROVIDER).optional(),
        flag("no-code").optional(),
        text("initial-version").optional().says("Made from the head of the branch, `0.0.0` if not given"),
        free("test-config").optional().says("With a branch only"),
    ],
    &[],
);

const WANTED_SOURCE: &[Member] = &[
    text("identifier"),
    text("oauth-token-id"),
    text("display-identifier").optional(),
    text("organization-name").optional(),
    text("tag-prefix").optional(),
    text("source-directory").optional(),
    text("branch").optional().says("Versions come from commits of this branch, not from tags"),
    flag("tags").optional(),
    flag("ingress-submodules").optional().says("Whether Git submodules are part of its archives"),
    words("vanished-tags", VANISHED_TAGS).optional(),
];

const UPDATED: Resource = Resource::new(
    "registry-modules",
    &[flag("no-code").optional(), object("vcs-repo", CHANGED_SOURCE).optional(), free("test-config").optional()],
    &[TAGS],
);

const CHANGED_SOURCE: &[Member] = &[
    text("identifier").optional(),
    text("oauth-token-id").optional(),
    text("display-identifier").optional(),
    text("organization-name").optional(),
    text("tag-prefix").optional(),
    text("source-directory").optional(),
    text("branch").optional(),
    flag("tags").optional(),
    flag("ingress-submodules").optional().says("From the next version on"),
    words("vanished-tags", VANISHED_TAGS).optional(),
];

/// Instead of those that there are.
pub(super) const TAGS: Member =
    object("tag-bindings", &[list("data", &Kind::Object(&[object("attributes", WANTED_TAG)]))]).optional();
const WANTED_TAG: &[Member] = &[text("key"), text("value").optional()];

pub(super) const TAG_BINDING: Resource = Resource::new("tag-bindings", TAG, &[]);

const WEBHOOK_SECRET: Resource = Resource::new("webhook-secrets", &[text("webhook-url"), text("secret")], &[]);

const WEBHOOK_DELIVERY: Resource = Resource::new(
    "webhook-deliveries",
    &[
        text("delivery-id").or_null().says("As the host names it"),
        text("event").says("As the host calls it"),
        words("outcome", &["sync", "ignored", "malformed", "refused"]),
        text("message").says("Why, where there is something to say"),
        time("received-at"),
    ],
    &[],
);

const COMMIT: Resource = Resource::new(
    "commit",
    &[
        text("sha"),
        time("date"),
        text("url"),
        text("author"),
        text("author-avatar-url"),
        text("author-html-url"),
        text("message"),
    ],
    &[],
);

const VALIDATION: Resource = Resource::new(
    "registry-module-address-validations",
    &[text("module-name"), text("provider-name"), flag("valid").says("Whether the address is free")],
    &[],
);

pub(super) fn routes() -> Vec<Route> {
    let mut routes = of_all();
    routes.extend(of_one());
    routes.extend(by_id());
    routes.extend(deletes());
    routes
}

fn of_all() -> Vec<Route> {
    let all = "/organizations/{org}/registry-modules";
    vec![
        Description::get(all, "list_modules", Access::Reader)
            .says("The modules of an organization, by name")
            .query(&[text("q").optional(), text("filter[provider]").optional()])
            .query(&[text("filter[registry_name]").optional(), text("filter[organization_name]").optional(), INCLUDE])
            .query(super::PAGE)
            .answers(Answer::Page(&MODULE))
            .to(list_modules::list),
        Description::post(all, "create_module", Access::Publisher)
            .says("Makes a module whose versions will be uploaded")
            .changes(create_module::ACTION)
            .body(Content::Resource(&CREATED))
            .answers(Answer::One(201, &MODULE))
            .to(create_module::create),
        Description::post("/organizations/{org}/registry-modules/vcs", "create_module_from_git", Access::Publisher)
            .says("Makes a module from the tags of a repository")
            .changes(create_module_from_git::ACTION)
            .body(Content::Resource(&CREATED_FROM_GIT))
            .answers(Answer::One(201, &MODULE))
            .to(create_module_from_git::create),
        Description::post("/registry-modules", "create_module_from_git_old", Access::Publisher)
            .says("The same; the connection tells the organization")
            .changes(create_module_from_git::ACTION)
            .body(Content::Resource(&CREATED_FROM_GIT))
            .answers(Answer::One(201, &MODULE))
            .to(create_module_from_git::create_without_organization),
        Description::get("/organizations/{org}/registry-modules/validation", "validate_module", Access::Reader)
            .says("Whether a module could be called so")
            .query(&[text("name"), text("provider")])
            .answers(Answer::One(200, &VALIDATION))
            .refuses(&[422])
            .to(validate_module::validate),
    ]
}

/// With a final slash as well, as some clients write it. Not so to delete: where the rest of a path is empty by mistake,
/// more would go than was meant.
fn of_one() -> Vec<Route> {
    let read = |path, id| {
        Description::get(path, id, Access::Reader)
            .says("One module, by its address")
            .query(&[INCLUDE])
            .answers(Answer::One(200, &MODULE))
            .to(read_module::read)
    };
    let update = |path, id| {
        Description::patch(path, id, Access::Publisher)
            .says("Changes what is given; versions that are published never change")
            .changes(update_module::ACTION)
            .body(Content::Resource(&UPDATED))
            .answers(Answer::One(200, &MODULE))
            .to(update_module::update)
    };
    vec![
        read(of_module!(""), "read_module"),
        read(of_module!("/"), "read_module_with_slash"),
        read("/registry-modules/show/{org}/{name}/{provider}", "read_module_old"),
        read("/registry-modules/show/{org}/{name}/{provider}/", "read_module_old_with_slash"),
        update(of_module!(""), "update_module"),
        update(of_module!("/"), "update_module_with_slash"),
        Description::get(of_module!("/commits"), "list_commits", Access::Reader)
            .says("The last commits of the repository, newest first, as its host tells them, or those that versions were made from")
            .query(super::PAGE)
            .answers(Answer::Page(&COMMIT))
            .to(list_commits::list),
    ]
}

fn by_id() -> Vec<Route> {
    vec![
        Description::get("/registry-modules/{id}", "read_module_by_id", Access::Reader)
            .says("One module, by its id")
            .query(&[INCLUDE])
            .answers(Answer::One(200, &MODULE))
            .to(read_module_by_id::read),
        Description::get("/registry-modules/{id}/tag-bindings", "list_module_tag_bindings", Access::Reader)
            .says("The tags of a module, by key")
            .answers(Answer::All(&TAG_BINDING))
            .to(list_tag_bindings::list_of_module),
        Description::post("/registry-modules/{id}/actions/resync", "resync_module", Access::Publisher)
            .says("Has the repository of a module looked at again; not in TFE")
            .changes(resync_module::ACTION)
            .query(&[words("explicit", &["true", "false"]).optional().says("What was deleted may come back")])
            .query(&[words("force", &["true", "false"]).optional().says("Moreover, what failed is tried again")])
            .answers(Answer::Nothing(202))
            .refuses(&[422])
            .to(resync_module::resync),
        Description::post("/registry-modules/{id}/actions/new-webhook-secret", "make_webhook_secret", Access::Owner)
            .says("Gives the repository of a module a new webhook secret, shown for the only time; not in TFE")
            .changes(make_webhook_secret::ACTION)
            .answers(Answer::One(201, &WEBHOOK_SECRET))
            .refuses(&[422])
            .to(make_webhook_secret::make),
        Description::get("/registry-modules/{id}/webhook-deliveries", "list_webhook_deliveries", Access::Owner)
            .says("What the host told of the repository of a module in the last 30 days, newest first; not in TFE")
            .query(super::PAGE)
            .answers(Answer::Page(&WEBHOOK_DELIVERY))
            .refuses(&[422])
            .to(list_webhook_deliveries::list),
    ]
}

fn deletes() -> Vec<Route> {
    let delete = |description: Description| {
        description
            .says("Deletes the module of one provider, or without one those of all")
            .changes(delete_module::ACTION)
            .to(delete_module::delete)
    };
    let name = "/organizations/{org}/registry-modules/{registry}/{namespace}/{name}";
    let old_name = "/registry-modules/actions/delete/{org}/{name}";
    let old_module = "/registry-modules/actions/delete/{org}/{name}/{provider}";
    vec![
        delete(Description::delete(name, "delete_modules", Access::Owner)),
        delete(Description::delete(of_module!(""), "delete_module", Access::Owner)),
        delete(Description::post(old_name, "delete_modules_old", Access::Owner)),
        delete(Description::post(old_module, "delete_module_old", Access::Owner)),
    ]
}
