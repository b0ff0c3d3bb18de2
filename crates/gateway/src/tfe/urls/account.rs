//! What a client asks of the whole server.

use crate::{
    openapi::{Answer, Member, Resource, flag, object, text},
    route::{Access, Description, Route},
    tfe::{account_details, ping},
};

const USER: Resource = Resource::new("users", ATTRIBUTES, &[]).called("account");

const ATTRIBUTES: &[Member] = &[
    text("username"),
    text("email"),
    text("avatar-url"),
    flag("is-service-account"),
    object("two-factor", &[flag("enabled"), flag("verified")]),
    flag("v2-only"),
    object("permissions", &[flag("can-create-organizations"), flag("can-change-email"), flag("can-change-username")]),
];

/// Which API it is.
const HEADERS: &[Member] = &[text("TFP-API-Version"), text("TFP-AppName")];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Description::get("/ping", "ping", Access::Open)
            .says("Whether there is such an API; which one, say the headers")
            .headers(HEADERS)
            .to(ping::ping),
        Description::get("/openapi.json", "describe", Access::Open)
            .says("This document")
            .answers(Answer::OpenApi)
            .to(super::describe),
        Description::get("/account/details", "read_account", Access::Caller)
            .says("Who the caller is")
            .answers(Answer::One(200, &USER))
            .to(account_details::read),
    ]
}
