//! Every URL of the Scalr API, with what it takes and gives: the table that both registers it and describes it.

mod accounts;
mod environments;
mod module_namespaces;
mod modules;
mod vcs_providers;
mod versions;

use std::sync::LazyLock;

use actix_web::{HttpResponse, http::header::CONTENT_TYPE};
use bytes::Bytes;

use super::document::PREFIX;
use crate::{
    openapi::{self, Answer, Api, Envelope, Kind, Member, Unfit, list, object, text, whole_from},
    route::{Access, Description, Section},
};

/// What is the same for all of them.
const API: Api = Api {
    title: "Quarry Scalr API",
    version: "3",
    description: "The part of the Scalr API that is served. What the caller may not see is answered like what does not \
                  exist, and so is any other URL or method; what it may see and not do is 403.",
    media_type: "application/vnd.api+json",
    error: &[list("errors", &Kind::Object(ERROR))],
    refusals: &[400, 429],
    envelope: Envelope::Full,
    unfit: Unfit::Forbidden,
};

const ERROR: &[Member] =
    &[text("status"), text("code"), text("title"), text("detail"), object("source", &[text("pointer")]).optional()];

/// How a list is read.
const PAGE: &[Member] = &[
    whole_from("page[number]", 1).optional().says("From 1"),
    whole_from("page[size]", 1).optional().says("1 to 100; more than 100 means 100, and nothing means 20"),
];

/// The table, in the order in which it is registered: of several paths that fit, the first wins.
pub(super) fn sections() -> Vec<Section> {
    let section = |name, routes| Section { name, prefix: PREFIX, routes };
    let about = vec![
        Description::get("/openapi.json", "describe", Access::Open)
            .says("This document")
            .answers(Answer::OpenApi)
            .to(describe),
    ];
    vec![
        section("About", about),
        section("Modules", modules::routes()),
        section("Versions", versions::routes()),
        section("VCS providers", vcs_providers::routes()),
        section("Module namespaces", module_namespaces::routes()),
        section("Accounts", accounts::routes()),
        section("Environments", environments::routes()),
    ]
}

/// `GET /api/iacp/v3/openapi.json`: the same for everybody, always.
async fn describe() -> HttpResponse {
    static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| openapi::write(&API, &sections()));
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).body(DOCUMENT.clone())
}
