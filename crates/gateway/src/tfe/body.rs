//! Request bodies (wire-spec 5.1): read only after it is known who asks.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    body::{BodyStream, to_bytes_limited},
    dev::Payload,
    http::header,
};
use domain::Error;
use serde_json::{Map, Value};
use service_kit::JsonApiError;

use super::attributes::Attributes;

const LARGEST: usize = 1024 * 1024;

/// A body that was not read yet. Never refuses anything by itself, so that a stranger gets 401 and nothing else.
pub(super) struct Body {
    content_type: Option<String>,
    payload: Payload,
}

impl FromRequest for Body {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        ready(Ok(Self { content_type: content_type.map(str::to_owned), payload: payload.take() }))
    }
}

impl Body {
    /// The attributes of the one resource in the body. `data.type` and `data.id` are of no interest: the URL decides.
    pub(super) async fn attributes(self) -> Result<Attributes, JsonApiError> {
        let Self { content_type, payload } = self;
        let bytes = match to_bytes_limited(BodyStream::new(payload), LARGEST).await {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(_)) => return Err(JsonApiError::bad_request("The body could not be read")),
            Err(_) => return Err(Error::TooLarge { what: "The body".to_owned(), limit: LARGEST as u64 }.into()),
        };
        if bytes.is_empty() {
            return Err(JsonApiError::bad_request("A JSON body is required"));
        }
        if !content_type.as_deref().is_some_and(is_accepted) {
            return Err(JsonApiError::unsupported_media_type());
        }
        let document: Value = serde_json::from_slice(&bytes)
            .map_err(|cause| JsonApiError::bad_request(format!("The body is not valid JSON: {cause}")))?;
        find_attributes(document)
    }
}

fn is_accepted(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    ["application/vnd.api+json", "application/json"].iter().any(|accepted| essence.eq_ignore_ascii_case(accepted))
}

fn find_attributes(mut document: Value) -> Result<Attributes, JsonApiError> {
    let Some(Value::Object(data)) = document.get_mut("data") else {
        return Err(JsonApiError::at("/data", Error::invalid("data", "must be an object")));
    };
    let pointer = "/data/attributes";
    match data.remove("attributes") {
        None | Some(Value::Null) => Ok(Attributes::new(pointer, Map::new())),
        Some(Value::Object(values)) => Ok(Attributes::new(pointer, values)),
        Some(_) => Err(JsonApiError::at(pointer, Error::invalid("attributes", "must be an object"))),
    }
}
