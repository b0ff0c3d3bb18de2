//! `GET /api/v2/github-app/installations`, `GET /api/v2/github-app/installation/{id}`: GitHub Apps are not offered.

use actix_web::{HttpResponse, web::Data};
use domain::Error;
use service_kit::JsonApiError;

use super::{answer, page::Page, query::Query};
use crate::{caller::Caller, state::State};

/// There are none.
pub(super) async fn list(_: Caller, query: Query, state: Data<State>) -> Result<HttpResponse, JsonApiError> {
    let page = Page::parse(&query)?;
    Ok(answer::ok(&page.document(Vec::new(), 0, &query, &state.config.public_url)))
}

/// So none has this id either.
pub(super) async fn read(_: Caller) -> Result<HttpResponse, JsonApiError> {
    Err(Error::not_found("GitHub App installation").into())
}
