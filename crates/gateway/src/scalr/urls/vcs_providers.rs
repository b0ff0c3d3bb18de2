//! Connections to Git hosts.

use super::PAGE;
use crate::{
    openapi::{Answer, Member, Resource, flag, free, many, none, one, text, words},
    route::{Access, Content, Description, Route},
    scalr::{create_vcs_provider, delete_vcs_provider, list_vcs_providers, read_vcs_provider, update_vcs_provider},
};

const ATTRIBUTES: &[Member] = &[
    text("name").or_null(),
    text("url"),
    text("vcs-type"),
    words("auth-type", &["personal_token", "oauth2"]),
    free("oauth").or_null(),
    text("token").or_null().says("Never shown"),
    text("username").or_null(),
    flag("is-shared").says("For all environments of its account"),
    flag("draft-pr-runs-enabled").says("Only kept, like the next two: nothing is run here"),
    flag("comments-enabled"),
    flag("pr-merge-comments-enabled"),
    text("error-message").or_null(),
];

const RELATIONSHIPS: &[Member] =
    &[one("account", "accounts").or_null(), many("environments", "environments"), none("agent-pool").or_null()];

const VCS_PROVIDER: Resource = Resource::new("vcs-providers", ATTRIBUTES, RELATIONSHIPS);

const TYPES: &[&str] = &[
    "github",
    "github_enterprise",
    "gitlab",
    "gitlab_enterprise",
    "bitbucket",
    "bitbucket_enterprise",
    "azure_dev_ops_services",
    "ado_server",
    "gitea",
    "forgejo",
    "git",
];

const WANTED_RELATIONSHIPS: &[Member] = &[
    one("account", "accounts").optional().says("Without any, the one that the caller owns, or `default`"),
    many("environments", "environments").optional().says("Those that may use it beside its account"),
    none("agent-pool").optional(),
];

const CHANGED_RELATIONSHIPS: &[Member] = &[
    one("account", "accounts").optional().says("The one it belongs to: it cannot be moved"),
    many("environments", "environments")
        .optional()
        .says("Those that may use it beside its account, instead of those before"),
    none("agent-pool").optional(),
];

const CREATED: Resource = Resource::new(
    "vcs-providers",
    &[
        text("name"),
        words("vcs-type", TYPES),
        words("auth-type", &["personal_token"]).optional(),
        text("url").optional().says("Needed where there is not one for all the world"),
        text("token").optional(),
        text("username").optional(),
        flag("is-shared").optional(),
        flag("draft-pr-runs-enabled").optional(),
        flag("comments-enabled").optional(),
        flag("pr-merge-comments-enabled").optional(),
    ],
    WANTED_RELATIONSHIPS,
);

const UPDATED: Resource = Resource::new(
    "vcs-providers",
    &[
        text("name").optional(),
        text("token").optional(),
        text("username").optional(),
        flag("is-shared").optional(),
        flag("draft-pr-runs-enabled").optional(),
        flag("comments-enabled").optional(),
        flag("pr-merge-comments-enabled").optional(),
    ],
    CHANGED_RELATIONSHIPS,
);

const FILTERS: &[Member] = &[
    text("filter[vcs-provider]").optional().says("Its id"),
    text("filter[name]").optional(),
    words("filter[vcs-type]", TYPES).optional(),
    text("filter[environment]").optional().says("Those that may be used there"),
    text("filter[account]").optional(),
    text("filter[agent-pool]").optional(),
    text("query").optional().says("Part of the name"),
    words("sort", &["name", "-name", "created-at", "-created-at"]).optional(),
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Description::get("/vcs-providers", "list_vcs_providers", Access::Caller)
            .says("The connections that the caller may see, the oldest first unless told otherwise")
            .query(FILTERS)
            .query(PAGE)
            .answers(Answer::Page(&VCS_PROVIDER))
            .refuses(&[404])
            .to(list_vcs_providers::list),
        Description::post("/vcs-providers", "create_vcs_provider", Access::Owner)
            .says("Makes a connection, once its host has taken the token")
            .changes(create_vcs_provider::ACTION)
            .body(Content::Resource(&CREATED))
            .answers(Answer::One(201, &VCS_PROVIDER))
            .to(create_vcs_provider::create),
        Description::get("/vcs-providers/{id}", "read_vcs_provider", Access::Reader)
            .says("One connection, without its token")
            .answers(Answer::One(200, &VCS_PROVIDER))
            .to(read_vcs_provider::read),
        Description::patch("/vcs-providers/{id}", "update_vcs_provider", Access::Owner)
            .says("Changes what is given; kind and address stay")
            .changes(update_vcs_provider::ACTION)
            .body(Content::Resource(&UPDATED))
            .answers(Answer::One(200, &VCS_PROVIDER))
            .to(update_vcs_provider::update),
        Description::delete("/vcs-providers/{id}", "delete_vcs_provider", Access::Owner)
            .says("Deletes a connection that no module comes through")
            .changes(delete_vcs_provider::ACTION)
            .refuses(&[422])
            .to(delete_vcs_provider::delete),
    ]
}
