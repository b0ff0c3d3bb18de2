//! Answers in JSON:API form. Errors are `service_kit::JsonApiError`.

use actix_web::{HttpResponse, http::StatusCode};
use domain::Error;
use serde_json::Value;
use service_kit::JsonApiError;

const MEDIA_TYPE: &str = "application/vnd.api+json";

/// 200 with a document.
pub(crate) fn ok(document: &Value) -> HttpResponse {
    HttpResponse::build(StatusCode::OK).content_type(MEDIA_TYPE).body(document.to_string())
}

/// 201 with a document.
pub(crate) fn created(document: &Value) -> HttpResponse {
    HttpResponse::build(StatusCode::CREATED).content_type(MEDIA_TYPE).body(document.to_string())
}

/// 204.
pub(crate) fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// For every URL that is not registered, whoever asks.
pub(crate) async fn nothing_here() -> Result<HttpResponse, JsonApiError> {
    Err(Error::not_found("This URL").into())
}
