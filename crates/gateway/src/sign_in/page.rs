//! How a page is answered, and how a page says what went wrong.

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use askama::Template;
use domain::Error;
use service_kit::status_of;
use url::form_urlencoded;

const STYLE: &str = include_str!("../../templates/style.css");

/// `GET /app/style.css`
pub(super) async fn style() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .content_type("text/css; charset=utf-8")
        .body(STYLE)
}

/// A page of ours; everything in it that is not of a template is escaped.
pub(super) fn page(status: StatusCode, page: &impl Template) -> HttpResponse {
    match page.render() {
        Ok(text) => HttpResponse::build(status).content_type("text/html; charset=utf-8").body(text),
        Err(source) => {
            tracing::error!(error = %source, "A page could not be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// Elsewhere, with GET.
pub(super) fn see_other(to: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish()
}

/// Why somebody does not get what they asked for.
#[derive(Debug)]
pub(super) enum Refusal {
    /// They have to sign in, and are brought to this path of ours after that.
    SignInFirst { next: String },
    /// A page that says so.
    Page { status: StatusCode, title: &'static str, text: String },
}

impl Refusal {
    pub(super) fn page(status: StatusCode, title: &'static str, text: impl Into<String>) -> Self {
        Self::Page { status, title, text: text.into() }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = status_of(&error);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            tracing::warn!(error = error.chain(), "A page could not be served for now");
            return Self::page(status, "Not available now", "Please try again in a moment.");
        }
        if status.is_server_error() {
            tracing::error!(error = error.chain(), "A page could not be served");
            return Self::page(status, "Something went wrong", "The log of the server says more.");
        }
        Self::page(status, "This does not work", format!("{error}."))
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SignInFirst { .. } => f.write_str("nobody is signed in"),
            Self::Page { title, .. } => f.write_str(title),
        }
    }
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage<'a> {
    title: &'a str,
    text: &'a str,
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignInFirst { .. } => StatusCode::SEE_OTHER,
            Self::Page { status, .. } => *status,
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::SignInFirst { next } => see_other(&with_next("/app/sign-in", next)),
            Self::Page { status, title, text } => {
                let mut answer = page(*status, &RefusalPage { title, text });
                if *status == StatusCode::SERVICE_UNAVAILABLE {
                    answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
                }
                answer
            }
        }
    }
}

/// `path?next=…`
pub(super) fn with_next(path: &str, next: &str) -> String {
    let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    format!("{path}?next={query}")
}
