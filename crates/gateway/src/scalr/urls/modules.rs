//! Modules.

use super::PAGE;
use crate::{
    openapi::{Answer, Member, Resource, flag, many, named, none, object, one, text, time, words},
    route::{Access, Content, Description, Route},
    scalr::{create_module, delete_module, list_modules, read_module, resync_module},
};

const NAME: &str = "^[0-9A-Za-z]([0-9A-Za-z_-]{0,62}[0-9A-Za-z])?$";
const PROVIDER: &str = "^[0-9a-z]{1,64}$";

const INCLUDE: Member = words(
    "include",
    &[
        "latest-module-version",
        "module-version",
        "module-versions",
        "vcs-provider",
        "created-by",
        "account",
        "environment",
    ],
)
.optional()
.says("One or several with commas between them");

const ATTRIBUTES: &[Member] = &[
    time("created-at"),
    time("updated-at"),
    text("name"),
    text("provider"),
    text("description"),
    text("source").says("What it is installed by, behind the host"),
    words("source-type", &["vcs"]),
    text("docker-image").or_null(),
    words("status", &["pending", "no_version_tags", "setup_complete", "errored"]),
    text("error-message").or_null(),
    object("vcs-repo", SOURCE).or_null(),
    text("path").or_null(),
    text("tag-prefix").or_null(),
    object("permissions", &[flag("can-delete"), flag("can-resync"), flag("can-retry")]),
];

const SOURCE: &[Member] = &[
    text("identifier"),
    text("display-identifier").or_null(),
    text("path").or_null(),
    text("tag-prefix").or_null(),
    text("provider-type"),
];

const RELATIONSHIPS: &[Member] = &[
    one("account", "accounts").or_null(),
    one("environment", "environments").or_null(),
    one("namespace", "module-namespaces").or_null(),
    one("created-by", "users").or_null(),
    one("vcs-provider", "vcs-providers").or_null(),
    one("latest-module-version", "module-versions").or_null().says("The newest one, whatever became of it"),
    one("module-version", "module-versions").or_null().says("The one that is installed without a constraint"),
    many("module-versions", "module-versions"),
    one("last-version", "module-versions").or_null(),
    one("last-active-version", "module-versions").or_null(),
    none("organization").or_null(),
];

pub(super) const MODULE: Resource = Resource::new("modules", ATTRIBUTES, RELATIONSHIPS);

const CREATED: Resource = Resource::new(
    "modules",
    &[
        object("vcs-repo", WANTED_SOURCE),
        named("name", NAME).optional().says("Else from the name of the repository or directory"),
        named("provider", PROVIDER).optional().says("Likewise"),
        text("description").optional().says("Else that of the repository"),
    ],
    &[
        one("vcs-provider", "vcs-providers"),
        one("environment", "environments").optional().says("Wins over the account"),
        one("account", "accounts").optional().says("Without any, the module belongs where its VCS provider does"),
        one("namespace", "module-namespaces").optional(),
    ],
);

const WANTED_SOURCE: &[Member] = &[
    text("identifier"),
    text("path").optional().says("Of the directory in the repository"),
    text("tag-prefix").optional().says("What stands before the version in its tags"),
];

const RESYNC: &[Member] = &[flag("force").optional().says("Also what was deleted, failed or is ok")];

const FILTERS: &[Member] = &[
    text("filter[name]").optional(),
    text("filter[provider]").optional(),
    text("filter[source]").optional(),
    words("filter[status]", &["pending", "no_version_tags", "no_version_tag", "setup_complete", "errored"]).optional(),
    text("filter[environment]").optional().says("With those of its account and the global ones; `null`: of none"),
    text("filter[account]").optional().says("With the global ones; `null`: of none"),
    text("filter[module-namespace]").optional(),
    text("filter[namespace][environments]").optional(),
    words("filter[module-versions][status]", super::versions::STATUSES).optional(),
    flag("filter[module-versions][is-root-module]").optional(),
    text("query").optional().says("Id, or part of name, provider or the path of a submodule"),
    words("sort", &["name", "-name", "created-at", "-created-at"]).optional(),
    INCLUDE,
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Description::get("/modules", "list_modules", Access::Caller)
            .says("The modules from Git that the caller may see, by name unless told otherwise")
            .query(FILTERS)
            .query(PAGE)
            .answers(Answer::Page(&MODULE))
            .refuses(&[404])
            .to(list_modules::list),
        Description::post("/modules", "create_module", Access::Publisher)
            .says("Publishes the tags of a repository")
            .changes(create_module::ACTION)
            .body(Content::Resource(&CREATED))
            .answers(Answer::One(201, &MODULE))
            .to(create_module::create),
        Description::get("/modules/{id}", "read_module", Access::Reader)
            .says("One module, however it was made")
            .query(&[INCLUDE])
            .answers(Answer::One(200, &MODULE))
            .to(read_module::read),
        Description::delete("/modules/{id}", "delete_module", Access::Owner)
            .says("Takes a module and all of its versions out of the registry")
            .changes(delete_module::ACTION)
            .to(delete_module::delete),
        Description::post("/modules/{id}/actions/resync", "resync_module", Access::Publisher)
            .says("Has the repository looked at again")
            .changes(resync_module::ACTION)
            .optional_body(Content::Members(RESYNC))
            .to(resync_module::resync),
    ]
}
