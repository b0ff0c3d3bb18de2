//! The people of the installation, what they may do, and what was done.

use super::tokens::RIGHTS;
use crate::{
    openapi::{Answer, Kind, Member, Resource, flag, list, named, object, one, one_or_none, text, time, words},
    route::{Access, Content, Description, Route},
    tfe::{
        act_on_user, create_user, delete_user, list_audit_entries, list_users, remove_user_membership,
        set_user_membership,
    },
};

/// As administrators see one, which is more than the same resource of the caller.
const USER: Resource = Resource::new(
    "users",
    &[
        text("username"),
        text("email"),
        text("avatar-url"),
        flag("is-admin"),
        flag("is-suspended"),
        flag("is-service-account"),
        object("two-factor", &[flag("enabled"), flag("verified")]),
        flag("has-password"),
        time("created-at"),
        list("memberships", &Kind::Object(&[text("organization"), words("rights", RIGHTS)])),
    ],
    &[],
);

const WANTED: Resource = Resource::new(
    "users",
    &[
        named("username", "^[0-9A-Za-z_.@+-]{1,64}$"),
        named("email", super::EMAIL).optional(),
        flag("is-admin").optional(),
        named("password", "^.{12,1024}$")
            .optional()
            .says("12 to 1,024 bytes; without one, the user cannot sign in with a password"),
    ],
    &[],
);

const MEMBERSHIP: Resource = Resource::new(
    "memberships",
    &[words("rights", RIGHTS)],
    &[one("user", "users"), one("organization", "organizations")],
);

const WANTED_MEMBERSHIP: Resource = Resource::new("memberships", &[words("rights", RIGHTS)], &[]);

const ENTRY: Resource = Resource::new(
    "audit-entries",
    &[
        time("created-at"),
        text("user").says("Empty, as is where it came from, for what the registry did by itself"),
        text("action"),
        text("object"),
        text("outcome").says("`ok`, or the status that it was refused with"),
        text("request-id"),
        text("address"),
    ],
    &[
        one_or_none("user", "users"),
        one_or_none("authentication-token", "authentication-tokens"),
        one_or_none("organization", "organizations"),
    ],
);

const FILTERS: &[Member] = &[
    text("filter[action]").optional(),
    text("filter[user]").optional().says("Name of a user"),
    time("filter[since]").optional(),
    time("filter[until]").optional(),
];

pub(super) fn routes() -> Vec<Route> {
    let mut routes = of_people();
    routes.extend([
        Description::get("/audit-entries", "list_audit_entries", Access::Administrator)
            .says("What was changed in the installation, or tried to be, newest first")
            .query(FILTERS)
            .query(super::PAGE)
            .answers(Answer::Page(&ENTRY))
            .to(list_audit_entries::list_all),
        Description::get("/organizations/{org}/audit-entries", "list_organization_audit_entries", Access::Owner)
            .says("What was changed in an organization, or tried to be, newest first")
            .query(FILTERS)
            .query(super::PAGE)
            .answers(Answer::Page(&ENTRY))
            .to(list_audit_entries::list_of_organization),
    ]);
    routes
}

fn of_people() -> Vec<Route> {
    let membership = "/admin/users/{user}/memberships/{org}";
    vec![
        Description::get("/admin/users", "list_users", Access::Administrator)
            .says("The people of the installation, by name")
            .query(&[text("q").optional().says("Looked for in names and addresses")])
            .query(super::PAGE)
            .answers(Answer::Page(&USER))
            .to(list_users::list),
        Description::post("/admin/users", "create_user", Access::Administrator)
            .says("Makes a user, who may do nothing yet unless it is an administrator")
            .changes(create_user::ACTION)
            .body(Content::Resource(&WANTED))
            .answers(Answer::One(201, &USER))
            .to(create_user::create),
        Description::delete("/admin/users/{user}", "delete_user", Access::Administrator)
            .says("Deletes a user with all tokens")
            .changes(delete_user::ACTION)
            .refuses(&[409])
            .to(delete_user::delete),
        Description::post("/admin/users/{user}/actions/{action}", "act_on_user", Access::Administrator)
            .says("`grant_admin`, `revoke_admin`, `suspend` or `unsuspend`")
            .changes(act_on_user::ACTION)
            .answers(Answer::One(200, &USER))
            .refuses(&[409])
            .to(act_on_user::act),
        Description::put(membership, "set_user_membership", Access::Owner)
            .says("Gives a user rights in an organization, instead of those that it had there")
            .changes(set_user_membership::ACTION)
            .body(Content::Resource(&WANTED_MEMBERSHIP))
            .answers(Answer::One(200, &MEMBERSHIP))
            .to(set_user_membership::set),
        Description::delete(membership, "remove_user_membership", Access::Owner)
            .says("Takes all rights of a user in an organization")
            .changes(remove_user_membership::ACTION)
            .to(remove_user_membership::remove),
    ]
}
