//! Organizations, and what of TFE each has.

use crate::{
    openapi::{Answer, Member, Resource, flag, named, object, one, related, text, time, whole, words},
    route::{Access, Content, Description, Route},
    tfe::{
        create_organization, delete_organization, list_organizations, read_entitlement_set, read_organization,
        update_organization,
    },
};

const NAME: &str = "^[0-9A-Za-z]([0-9A-Za-z_-]{0,62}[0-9A-Za-z])?$";
const INCLUDE: Member = words("include", &["entitlement_set"]).optional();

const ORGANIZATION: Resource = Resource::new(
    "organizations",
    &[
        text("name"),
        text("external-id"),
        text("email"),
        time("created-at"),
        text("collaborator-auth-policy"),
        whole("session-timeout").or_null(),
        whole("session-remember").or_null(),
        text("owners-team-saml-role-id"),
        flag("cost-estimation-enabled"),
        flag("assessments-enforced"),
        flag("allow-force-delete-workspaces"),
        flag("send-passing-statuses-for-untriggered-speculative-plans"),
        flag("aggregated-commit-status-enabled"),
        flag("speculative-plan-management-enabled"),
        flag("user-tokens-enabled"),
        flag("stacks-enabled"),
        text("default-execution-mode"),
        flag("saml-enabled"),
        flag("two-factor-conformant"),
        flag("plan-expired"),
        object("permissions", PERMISSIONS),
    ],
    &[one("default-project", "projects"), one("entitlement-set", "entitlement-sets"), related("oauth-tokens")],
);

const PERMISSIONS: &[Member] = &[
    flag("can-create-module"),
    flag("can-manage-modules"),
    flag("can-update"),
    flag("can-destroy"),
    flag("can-update-oauth"),
    flag("can-access-via-teams"),
    flag("can-traverse"),
];

/// Whatever else a client sends is kept and given back, too.
const CREATED: Resource =
    Resource::new("organizations", &[named("name", NAME), named("email", super::EMAIL).optional()], &[]);

const UPDATED: Resource = Resource::new(
    "organizations",
    &[
        named("name", NAME).optional(),
        named("email", super::EMAIL).optional(),
        text("collaborator-auth-policy").optional(),
        whole("session-timeout").optional(),
        whole("session-remember").optional(),
        flag("cost-estimation-enabled").optional(),
    ],
    &[],
);

const ENTITLEMENTS: Resource = Resource::new(
    "entitlement-sets",
    &[
        flag("private-module-registry"),
        flag("vcs-integrations"),
        flag("teams"),
        flag("operations"),
        flag("sso"),
        flag("state-storage"),
        flag("agents"),
        flag("audit-logging"),
        flag("cost-estimation"),
        flag("configuration-designer"),
        flag("sentinel"),
        whole("user-limit").or_null(),
    ],
    &[],
);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Description::get("/organizations", "list_organizations", Access::Caller)
            .says("The organizations that the caller may see")
            .query(&[text("q").optional(), text("q[name]").optional(), text("q[email]").optional(), INCLUDE])
            .query(super::PAGE)
            .answers(Answer::Page(&ORGANIZATION))
            .to(list_organizations::list),
        Description::post("/organizations", "create_organization", Access::Administrator)
            .says("Makes an organization")
            .changes(create_organization::ACTION)
            .body(Content::Resource(&CREATED))
            .answers(Answer::One(201, &ORGANIZATION))
            .to(create_organization::create),
        Description::get("/organizations/{org}", "read_organization", Access::Reader)
            .says("One organization")
            .query(&[INCLUDE])
            .answers(Answer::One(200, &ORGANIZATION))
            .to(read_organization::read),
        Description::patch("/organizations/{org}", "update_organization", Access::Owner)
            .says("Changes what is given; with another name, modules have other addresses")
            .changes(update_organization::ACTION)
            .body(Content::Resource(&UPDATED))
            .answers(Answer::One(200, &ORGANIZATION))
            .to(update_organization::update),
        Description::delete("/organizations/{org}", "delete_organization", Access::Owner)
            .says("Deletes an organization with everything in it")
            .changes(delete_organization::ACTION)
            .to(delete_organization::delete),
        Description::get("/organizations/{org}/entitlement-set", "read_entitlement_set", Access::Reader)
            .says("Which parts of TFE the organization has here")
            .answers(Answer::One(200, &ENTITLEMENTS))
            .to(read_entitlement_set::read),
    ]
}
