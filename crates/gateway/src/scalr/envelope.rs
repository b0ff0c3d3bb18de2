//! What every answer of this API has in common: errors as its clients read them, and the word about `Prefer`.

use actix_web::{
    body::{BoxBody, MessageBody, to_bytes},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{CONTENT_TYPE, HeaderName, HeaderValue},
    },
    middleware::Next,
};
use serde_json::{Value, json};

const PREFERENCE: &str = "profile=preview";
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Errors are made in one form for all APIs, and get their own here: with a `code`, and a `detail` always. A client that
/// asks for the preview is told that it has it.
pub(super) async fn dress(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let asks = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.split([',', ';']).any(is_preview));
    let is_asked = request.headers().get_all("prefer").any(asks);
    let response = next.call(request).await?.map_into_boxed_body();
    let status = response.status();
    let mut response = if status.is_client_error() || status.is_server_error() {
        let (request, response) = response.into_parts();
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body).await.unwrap_or_default();
        let mut head = head.set_body(BoxBody::new(reshape(status, &bytes)));
        head.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/vnd.api+json"));
        ServiceResponse::new(request, head)
    } else {
        response
    };
    if is_asked {
        response.headers_mut().insert(APPLIED, HeaderValue::from_static(PREFERENCE));
    }
    Ok(response)
}

fn is_preview(preference: &str) -> bool {
    preference.trim().eq_ignore_ascii_case(PREFERENCE)
}

/// The errors in `body`, or, if there are none, one that says no more than the status.
fn reshape(status: StatusCode, body: &[u8]) -> String {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let errors: Vec<Value> = match document.get("errors").and_then(Value::as_array) {
        Some(errors) => errors.iter().map(|error| reshaped(status, error)).collect(),
        None => vec![reshaped(status, &Value::Null)],
    };
    json!({"errors": errors}).to_string()
}

fn reshaped(status: StatusCode, error: &Value) -> Value {
    let given = |name: &str| error.get(name).and_then(Value::as_str);
    // Titles that say more than the status begin with a capital letter already.
    let title = match given("title").filter(|title| title.starts_with(char::is_uppercase)) {
        Some(title) => title,
        None if status == StatusCode::UNPROCESSABLE_ENTITY => "Invalid Attribute",
        None => status.canonical_reason().unwrap_or("Error"),
    };
    let detail = given("detail").unwrap_or(match status {
        StatusCode::NOT_FOUND => "Resource not found or user unauthorized to perform action.",
        StatusCode::UNAUTHORIZED => "The token is missing or wrong.",
        _ => title,
    });
    let mut shown = json!({
        "status": status.as_str(),
        "code": title.to_ascii_lowercase().replace(' ', "_"),
        "title": title,
        "detail": detail,
    });
    if let (Some(members), Some(source)) = (shown.as_object_mut(), error.get("source")) {
        members.insert("source".to_owned(), source.clone());
    }
    shown
}
