//! Accounts.

use super::PAGE;
use crate::{
    openapi::{Answer, Kind, Member, Resource, list, named, text, time},
    route::{Access, Content, Description, Route},
    scalr::{list_accounts, read_account, update_account},
};

pub(super) const NAME: &str = "^[0-9A-Za-z]([0-9A-Za-z_-]{0,62}[0-9A-Za-z])?$";

const ATTRIBUTES: &[Member] = &[text("name"), time("created-at"), list("allowed-ips", &Kind::Text).says("Only kept")];

const ACCOUNT: Resource = Resource::new("accounts", ATTRIBUTES, &[]);

const UPDATED: Resource =
    Resource::new("accounts", &[named("name", NAME).optional(), list("allowed-ips", &Kind::Text).optional()], &[]);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Description::get("/accounts", "list_accounts", Access::Caller)
            .says("The accounts that the caller may see, by name")
            .query(&[text("filter[account]").optional(), text("filter[name]").optional()])
            .query(PAGE)
            .answers(Answer::Page(&ACCOUNT))
            .to(list_accounts::list),
        Description::get("/accounts/{id}", "read_account", Access::Reader)
            .says("One account")
            .answers(Answer::One(200, &ACCOUNT))
            .to(read_account::read),
        Description::patch("/accounts/{id}", "update_account", Access::Owner)
            .says("Changes what is given")
            .changes(update_account::ACTION)
            .body(Content::Resource(&UPDATED))
            .answers(Answer::One(200, &ACCOUNT))
            .to(update_account::update),
    ]
}
