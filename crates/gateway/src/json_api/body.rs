//! Request bodies (wire-spec 5.1): read only after it is known who asks.

use std::{
    future::{Ready, ready},
    time::Duration,
};

use actix_web::{
    FromRequest, HttpRequest,
    body::{BodyStream, to_bytes_limited},
    dev::Payload,
    http::header,
};
use domain::Error;
use serde_json::{Map, Value};
use service_kit::JsonApiError;
use tokio::time::timeout;

use super::attributes::Attributes;

const LARGEST: usize = 1024 * 1024;
/// Who asks was checked when the request began, and must not have changed much since.
const LONGEST: Duration = Duration::from_secs(10);

/// A body that was not read yet. Never refuses anything by itself, so that a stranger gets 401 and nothing else.
pub(crate) struct Body {
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
    pub(crate) async fn attributes(self) -> Result<Attributes, JsonApiError> {
        take(&mut self.resource().await?, "attributes")
    }

    /// Its attributes; for an empty body none, where a client need not say anything.
    pub(crate) async fn optional_attributes(self) -> Result<Attributes, JsonApiError> {
        match self.optional_resource().await? {
            Some(mut resource) => take(&mut resource, "attributes"),
            None => take(&mut Map::new(), "attributes"),
        }
    }

    /// Its attributes and its relationships.
    pub(crate) async fn attributes_and_relationships(self) -> Result<(Attributes, Attributes), JsonApiError> {
        let mut resource = self.resource().await?;
        Ok((take(&mut resource, "attributes")?, take(&mut resource, "relationships")?))
    }

    /// The whole resource, with all that is beside its attributes and relationships.
    pub(crate) async fn members(self) -> Result<Attributes, JsonApiError> {
        Ok(Attributes::new("/data", self.resource().await?))
    }

    /// The members of a body that is no resource; none of an empty one.
    pub(crate) async fn plain_members(self) -> Result<Attributes, JsonApiError> {
        match self.optional_document().await? {
            None => Ok(Attributes::new("", Map::new())),
            Some(Value::Object(members)) => Ok(Attributes::new("", members)),
            Some(_) => Err(JsonApiError::bad_request("The body must be an object")),
        }
    }

    async fn resource(self) -> Result<Map<String, Value>, JsonApiError> {
        self.optional_resource().await?.ok_or_else(|| JsonApiError::bad_request("A JSON body is required"))
    }

    /// `None` for an empty body.
    async fn optional_resource(self) -> Result<Option<Map<String, Value>>, JsonApiError> {
        match self.optional_data().await? {
            None => Ok(None),
            Some(Value::Object(resource)) => Ok(Some(resource)),
            Some(_) => Err(JsonApiError::at("/data", Error::invalid("data", "must be an object"))),
        }
    }

    /// The member `data`, with any JSON type; `null` if it is absent.
    pub(crate) async fn data(self) -> Result<Value, JsonApiError> {
        self.optional_data().await?.ok_or_else(|| JsonApiError::bad_request("A JSON body is required"))
    }

    async fn optional_data(self) -> Result<Option<Value>, JsonApiError> {
        let document = self.optional_document().await?;
        Ok(document.map(|mut document| document.get_mut("data").map(Value::take).unwrap_or_default()))
    }

    async fn optional_document(self) -> Result<Option<Value>, JsonApiError> {
        let Self { content_type, payload } = self;
        let reading = timeout(LONGEST, to_bytes_limited(BodyStream::new(payload), LARGEST));
        let late = |_| JsonApiError::bad_request("The body did not arrive within 10 seconds");
        let bytes = match reading.await.map_err(late)? {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(_)) => return Err(JsonApiError::bad_request("The body could not be read")),
            Err(_) => return Err(Error::TooLarge { what: "The body".to_owned(), limit: LARGEST as u64 }.into()),
        };
        if bytes.is_empty() {
            return Ok(None);
        }
        if !content_type.as_deref().is_some_and(is_accepted) {
            return Err(JsonApiError::unsupported_media_type());
        }
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|cause| JsonApiError::bad_request(format!("The body is not valid JSON: {cause}")))
    }
}

fn is_accepted(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    ["application/vnd.api+json", "application/json"].iter().any(|accepted| essence.eq_ignore_ascii_case(accepted))
}

/// A member of a resource that is an object; an empty one if it is absent.
fn take(resource: &mut Map<String, Value>, name: &str) -> Result<Attributes, JsonApiError> {
    let pointer = format!("/data/{name}");
    match resource.remove(name) {
        None | Some(Value::Null) => Ok(Attributes::new(pointer, Map::new())),
        Some(Value::Object(values)) => Ok(Attributes::new(pointer, values)),
        Some(_) => Err(JsonApiError::at(pointer, Error::invalid(name, "must be an object"))),
    }
}
