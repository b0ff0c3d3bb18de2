//! The only place that knows which failure is which HTTP status, and the two forms an error body has.

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use domain::Error;
use serde::Serialize;
use serde_json::json;

/// One exhaustive match: a new failure does not compile until somebody decides its status.
pub fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::NotFound { .. } => StatusCode::NOT_FOUND,
        Error::AlreadyExists { .. } | Error::Invalid { .. } | Error::Refused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Conflict { .. } => StatusCode::CONFLICT,
        Error::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Unauthenticated => StatusCode::UNAUTHORIZED,
        Error::Forbidden { .. } => StatusCode::FORBIDDEN,
        Error::Unavailable { .. } | Error::LeaseLost => StatusCode::SERVICE_UNAVAILABLE,
        Error::NoSpace { .. } => StatusCode::INSUFFICIENT_STORAGE,
        Error::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What a caller may read. Failures of ours answer with a fixed text; their cause goes to the log, once, here.
fn visible_text(error: &Error) -> String {
    match error {
        Error::NotFound { .. } => "not found".to_owned(),
        Error::Unauthenticated => "unauthorized".to_owned(),
        Error::Unavailable { .. } | Error::LeaseLost => {
            tracing::warn!(error = error.chain(), "A request could not be served for now");
            "temporarily unavailable; try again".to_owned()
        }
        Error::NoSpace { .. } => {
            tracing::error!(error = error.chain(), "A request could not be served: make room");
            "there is no space left in the store; try again when its operator has made room".to_owned()
        }
        Error::Internal { .. } => {
            tracing::error!(error = error.chain(), "A request failed");
            "internal error; the log of the server says more".to_owned()
        }
        _ => error.to_string(),
    }
}

fn start(status: StatusCode) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    match status {
        StatusCode::SERVICE_UNAVAILABLE => response.insert_header((header::RETRY_AFTER, "1")),
        StatusCode::INSUFFICIENT_STORAGE => response.insert_header((header::RETRY_AFTER, "60")),
        _ => &mut response,
    };
    response
}

/// An error as JSON:API (wire-spec 5.5): `status` is a string, and `source.pointer` names the attribute at fault.
#[derive(Debug)]
pub struct JsonApiError {
    status: StatusCode,
    title: &'static str,
    detail: Option<String>,
    pointer: Option<String>,
}

impl JsonApiError {
    /// A failure about one place of the request body, such as `/data/attributes/name`.
    pub fn at(pointer: impl Into<String>, error: Error) -> Self {
        Self { pointer: Some(pointer.into()), ..Self::from(error) }
    }

    /// A request that cannot be read at all: 400 with this text.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, title: "bad request", detail: Some(detail.into()), pointer: None }
    }

    /// 404 for something else that the request names, which is not there for the caller.
    pub fn invalid_relationship(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            title: "Invalid Relationship",
            detail: Some(detail.into()),
            pointer: Some(pointer.into()),
        }
    }

    /// 415.
    pub fn unsupported_media_type() -> Self {
        Self {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            title: "unsupported media type",
            detail: Some("Content-Type must be application/vnd.api+json".to_owned()),
            pointer: None,
        }
    }
}

impl From<Error> for JsonApiError {
    fn from(error: Error) -> Self {
        let status = status_of(&error);
        let text = visible_text(&error);
        let (title, detail) = match &error {
            Error::NotFound { .. } => ("not found", None),
            Error::Unauthenticated => ("unauthorized", None),
            Error::AlreadyExists { .. } | Error::Invalid { .. } | Error::Refused { .. } => {
                ("invalid attribute", Some(text))
            }
            Error::Conflict { .. } => ("conflict", Some(text)),
            Error::TooLarge { .. } => ("payload too large", Some(text)),
            Error::Forbidden { .. } => ("forbidden", Some(text)),
            Error::Unavailable { .. } | Error::LeaseLost => ("service unavailable", Some(text)),
            Error::NoSpace { .. } => ("insufficient storage", Some(text)),
            Error::Internal { .. } => ("internal server error", Some(text)),
        };
        Self { status, title, detail, pointer: None }
    }
}

impl std::fmt::Display for JsonApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, self.detail.as_deref().unwrap_or(self.title))
    }
}

/// Absent members are left out.
#[derive(Serialize)]
struct ShownError<'a> {
    status: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<serde_json::Value>,
}

impl ResponseError for JsonApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let shown = ShownError {
            status: self.status.as_str(),
            title: self.title,
            detail: self.detail.as_deref(),
            source: self.pointer.as_deref().map(|pointer| json!({"pointer": pointer})),
        };
        start(self.status).content_type("application/vnd.api+json").body(json!({"errors": [shown]}).to_string())
    }
}

/// An error of the registry protocol (wire-spec 4.1): `{"errors": ["text"]}`.
#[derive(Debug)]
pub struct RegistryError {
    status: StatusCode,
    text: String,
}

impl RegistryError {
    /// A query that cannot be read: 400 with this text.
    pub fn bad_request(text: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, text: text.into() }
    }
}

impl From<Error> for RegistryError {
    fn from(error: Error) -> Self {
        Self { status: status_of(&error), text: visible_text(&error) }
    }
}

impl std::fmt::Display for RegistryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.status, self.text)
    }
}

impl ResponseError for RegistryError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        start(self.status).content_type("application/json").body(json!({"errors": [self.text]}).to_string())
    }
}
