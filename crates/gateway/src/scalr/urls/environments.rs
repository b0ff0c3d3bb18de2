//! Environments.

use super::{PAGE, accounts::NAME};
use crate::{
    openapi::{Answer, Member, Resource, named, one, text, time, words},
    route::{Access, Content, Description, Route},
    scalr::{create_environment, delete_environment, list_environments, read_environment, update_environment},
};

const ENVIRONMENT: Resource = Resource::new(
    "environments",
    &[text("name"), time("created-at"), words("status", &["Active"])],
    &[one("account", "accounts"), one("created-by", "users").or_null()],
);

const CREATED: Resource = Resource::new(
    "environments",
    &[named("name", NAME)],
    &[one("account", "accounts").optional().says("Without any, the one that the caller owns, or `default`")],
);

const UPDATED: Resource = Resource::new("environments", &[named("name", NAME).optional()], &[]);

const INCLUDE: Member =
    words("include", &["created-by", "account"]).optional().says("One, or both with a comma between");

const FILTERS: &[Member] = &[
    text("filter[environment]").optional(),
    text("filter[account]").optional(),
    text("filter[name]").optional(),
    text("filter[tag]").optional().says("There are no tags of environments, so nothing has one"),
    text("query").optional().says("Part of the name"),
    INCLUDE,
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Description::get("/environments", "list_environments", Access::Caller)
            .says("The environments that the caller may see, by name")
            .query(FILTERS)
            .query(PAGE)
            .answers(Answer::Page(&ENVIRONMENT))
            .refuses(&[404])
            .to(list_environments::list),
        Description::post("/environments", "create_environment", Access::Owner)
            .says("Makes an environment of an account")
            .changes(create_environment::ACTION)
            .body(Content::Resource(&CREATED))
            .answers(Answer::One(201, &ENVIRONMENT))
            .to(create_environment::create),
        Description::get("/environments/{id}", "read_environment", Access::Reader)
            .says("One environment")
            .query(&[INCLUDE])
            .answers(Answer::One(200, &ENVIRONMENT))
            .to(read_environment::read),
        Description::patch("/environments/{id}", "update_environment", Access::Owner)
            .says("Gives an environment another name")
            .changes(update_environment::ACTION)
            .body(Content::Resource(&UPDATED))
            .answers(Answer::One(200, &ENVIRONMENT))
            .to(update_environment::update),
        Description::delete("/environments/{id}", "delete_environment", Access::Owner)
            .says("Deletes an environment with everything in it")
            .changes(delete_environment::ACTION)
            .to(delete_environment::delete),
    ]
}
