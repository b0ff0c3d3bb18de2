//! API tokens of organizations, services and users. A token itself is only in the answer that makes it.

use crate::{
    openapi::{Answer, Kind, Member, Resource, list, one, text, time, words},
    route::{Access, Content, Description, Route},
    tfe::{
        create_organization_token, create_service_token, create_user_token, delete_organization_token, delete_token,
        list_service_tokens, list_user_tokens, read_organization_token, read_token,
    },
};

pub(super) const RIGHTS: &[&str] = &["read", "publish", "admin"];
const KINDS: &[&str] = &["administrator", "user", "organization", "service"];

const TOKEN: Resource = Resource::new(
    "authentication-tokens",
    &[
        time("created-at"),
        time("last-used-at").or_null(),
        text("description").or_null(),
        text("token").or_null().says("Only in the answer that makes it"),
        time("expired-at").or_null(),
        words("rights", RIGHTS),
        list("organizations", &Kind::Text).or_null().says("Null: all, as far as its user goes"),
        words("kind", KINDS),
    ],
    &[one("created-by", "users").optional()],
);

const WANTED: Resource = Resource::new("authentication-tokens", WANTED_ATTRIBUTES, &[]);
const WANTED_ATTRIBUTES: &[Member] =
    &[text("description").optional(), words("rights", RIGHTS).optional(), time("expired-at").optional()];

const WANTED_OF_USER: Resource = Resource::new(
    "authentication-tokens",
    &[
        text("description").optional(),
        words("rights", RIGHTS).optional(),
        time("expired-at").optional(),
        list("organizations", &Kind::Text).optional(),
    ],
    &[],
);

pub(super) fn routes() -> Vec<Route> {
    let mut routes = of_organizations();
    routes.extend([
        Description::get("/users/{user}/authentication-tokens", "list_user_tokens", Access::User)
            .says("The tokens of a user, newest first")
            .query(super::PAGE_OR_ALL)
            .answers(Answer::Page(&TOKEN))
            .to(list_user_tokens::list),
        Description::post("/users/{user}/authentication-tokens", "create_user_token", Access::FullUser)
            .says("Makes a token of a user, which allows no more than the user may do when it is used")
            .changes(create_user_token::ACTION)
            .refuses(&[409])
            .body(Content::Resource(&WANTED_OF_USER))
            .answers(Answer::One(201, &TOKEN))
            .to(create_user_token::create),
        Description::get("/authentication-tokens/{id}", "read_token", Access::Holder)
            .says("One token")
            .answers(Answer::One(200, &TOKEN))
            .to(read_token::read),
        Description::delete("/authentication-tokens/{id}", "delete_token", Access::Holder)
            .says("Revokes a token")
            .changes(delete_token::ACTION)
            .refuses(&[409])
            .to(delete_token::delete),
    ]);
    routes
}

fn of_organizations() -> Vec<Route> {
    let one = "/organizations/{org}/authentication-token";
    let services = "/organizations/{org}/service-tokens";
    vec![
        Description::get(one, "read_organization_token", Access::Owner)
            .says("The one token of an organization, if it has been made")
            .answers(Answer::One(200, &TOKEN))
            .to(read_organization_token::read),
        Description::post(one, "create_organization_token", Access::Owner)
            .says("Makes the one token of an organization; the one before it is good for nothing from then on")
            .changes(create_organization_token::ACTION)
            .optional_body(Content::Resource(&WANTED))
            .answers(Answer::One(201, &TOKEN))
            .to(create_organization_token::create),
        Description::delete(one, "delete_organization_token", Access::Owner)
            .says("Revokes the one token of an organization")
            .changes(delete_organization_token::ACTION)
            .to(delete_organization_token::delete),
        Description::get(services, "list_service_tokens", Access::Owner)
            .says("The service tokens of an organization, newest first")
            .query(super::PAGE_OR_ALL)
            .answers(Answer::Page(&TOKEN))
            .to(list_service_tokens::list),
        Description::post(services, "create_service_token", Access::Owner)
            .says("Makes a service token of an organization; unless it says otherwise, for reading")
            .changes(create_service_token::ACTION)
            .refuses(&[409])
            .body(Content::Resource(&WANTED))
            .answers(Answer::One(201, &TOKEN))
            .to(create_service_token::create),
    ]
}
