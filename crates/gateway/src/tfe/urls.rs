//! Every URL of the TFE API, with what it takes and gives: the table that both registers it and describes it.

mod account;
mod connections;
mod modules;
mod organizations;
mod tokens;
mod users;
mod versions;

use std::sync::LazyLock;

use actix_web::{HttpResponse, http::header::CONTENT_TYPE};
use bytes::Bytes;

use crate::{
    openapi::{self, Api, Envelope, Kind, Member, Unfit, list, object, text, whole_from},
    route::Section,
};

/// Before every path of the table.
pub(super) const PREFIX: &str = "/api/v2";

/// What is the same for all of them.
const API: Api = Api {
    title: "Quarry TFE API",
    version: "2.6",
    description: "The part of the Terraform Enterprise API that is served. What the caller may not see or do is answered \
                  like what does not exist, and so is any other URL or method.",
    media_type: "application/vnd.api+json",
    error: &[list("errors", &Kind::Object(ERROR))],
    refusals: &[400, 429],
    envelope: Envelope::Sparse,
    unfit: Unfit::Missing,
};

const ERROR: &[Member] =
    &[text("status"), text("title"), text("detail").optional(), object("source", &[text("pointer")]).optional()];

/// Nothing is ever sent there, so only what cannot be an address is refused.
const EMAIL: &str = r"^(\S*@\S*)?$";

/// How a list is read.
const PAGE: &[Member] = &[
    whole_from("page[number]", 1).optional().says("From 1"),
    whole_from("page[size]", 1).optional().says("1 to 100; more than 100 means 100, and nothing means 20"),
];

/// How a list is read that is given as a whole unless a page is asked for.
const PAGE_OR_ALL: &[Member] = &[
    whole_from("page[number]", 1).optional().says("From 1; without a page there is everything"),
    whole_from("page[size]", 1).optional().says("1 to 100; more than 100 means 100"),
];

/// The table, in the order in which it is registered: of several paths that fit, the first wins.
pub(super) fn sections() -> Vec<Section> {
    let section = |name, routes| Section { name, prefix: PREFIX, routes };
    vec![
        section("Account", account::routes()),
        section("Organizations", organizations::routes()),
        section("Tokens", tokens::routes()),
        section("Users", users::routes()),
        section("Connections", connections::routes()),
        section("Modules", modules::routes()),
        section("Versions", versions::routes()),
    ]
}

/// `GET /api/v2/openapi.json`: the same for everybody, always.
async fn describe() -> HttpResponse {
    static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| openapi::write(&API, &sections()));
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).body(DOCUMENT.clone())
}
