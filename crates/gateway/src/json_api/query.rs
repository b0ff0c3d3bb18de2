//! Query strings: what is unknown is ignored, except values of `include` (wire-spec 5.6).

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest, ResponseError,
    body::BoxBody,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    middleware::Next,
};
use domain::Error;
use service_kit::JsonApiError;
use url::form_urlencoded;

/// The decoded query of a request, in its order.
pub(crate) struct Query {
    /// The path it was sent to, still encoded.
    pub(crate) path: String,
    pub(crate) pairs: Vec<(String, String)>,
}

impl FromRequest for Query {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
        ready(Ok(Self { path: request.path().to_owned(), pairs }))
    }
}

impl Query {
    /// The first value of `name`, unless it is empty.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Refuses every `include` but the `known` ones.
    pub(crate) fn check_includes(&self, known: &[&str]) -> Result<(), JsonApiError> {
        if self.includes().all(|include| known.contains(&include)) {
            return Ok(());
        }
        Err(JsonApiError::bad_request("Invalid include parameter"))
    }

    /// Whether the caller wants `name` along.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.includes().any(|include| include == name)
    }

    fn includes(&self) -> impl Iterator<Item = &str> {
        let values = self.pairs.iter().filter(|(key, _)| key == "include").map(|(_, value)| value);
        values.flat_map(|value| value.split(',')).map(str::trim).filter(|include| !include.is_empty())
    }
}

/// No name holds a zero byte, and PostgreSQL knows no text with one.
pub(crate) async fn refuse_nul(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let refusal = if request.path().contains("%00") {
        JsonApiError::from(Error::not_found("This URL"))
    } else if request.query_string().contains("%00") {
        JsonApiError::bad_request("The query must not contain zero bytes")
    } else {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    };
    Ok(request.into_response(refusal.error_response()))
}
