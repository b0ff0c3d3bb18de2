//! Posted forms: only what a form of a browser sends, and only from our own pages.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    body::{BodyStream, to_bytes_limited},
    dev::Payload,
    http::{
        StatusCode,
        header::{self, HeaderName},
    },
};
use tokio::time::timeout;
use url::form_urlencoded;

use super::page::Refusal;

const LARGEST: usize = 16 * 1024;
/// A form is short: who takes longer to send it keeps a place busy.
const LONGEST: Duration = Duration::from_secs(10);
const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";
/// Under this name our forms carry what proves that they are ours.
pub(super) const FORM_TOKEN: &str = "form_token";

/// The fields of a form, in their order.
pub(super) struct Form {
    pub(super) pairs: Vec<(String, String)>,
}

/// Why a body is no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoForm {
    MediaType,
    TooLarge,
    Unreadable,
}

impl Form {
    /// Reads the body, whoever sent it.
    pub(super) async fn read(request: &HttpRequest, payload: Payload) -> Result<Self, NoForm> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(MEDIA_TYPE) {
            return Err(NoForm::MediaType);
        }
        let reading = timeout(LONGEST, to_bytes_limited(BodyStream::new(payload), LARGEST));
        let bytes = match reading.await.map_err(|_| NoForm::Unreadable)? {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(_)) => return Err(NoForm::Unreadable),
            Err(_) => return Err(NoForm::TooLarge),
        };
        let pairs: Vec<(String, String)> = form_urlencoded::parse(&bytes).into_owned().collect();
        // PostgreSQL knows no text with a zero byte, and nobody types one.
        if pairs.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(NoForm::Unreadable);
        }
        Ok(Self { pairs })
    }

    /// The first value of this name, or nothing.
    pub(super) fn get(&self, name: &str) -> &str {
        self.pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

impl From<NoForm> for Refusal {
    fn from(cause: NoForm) -> Self {
        let (status, text) = match cause {
            NoForm::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Only forms of these pages are accepted here."),
            NoForm::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "That was more than a form of these pages can hold."),
            NoForm::Unreadable => (StatusCode::BAD_REQUEST, "The form could not be read."),
        };
        Self::page(status, "This does not work", text)
    }
}

/// What is not sent by a page of ours, as far as the browser says. One that says nothing still has to know the form's
/// token.
pub(super) fn refuse_foreign(request: &HttpRequest, public_url: &str) -> Result<(), Refusal> {
    let all = |name: HeaderName, is_ours: fn(&str, &str) -> bool| {
        let mut values = request.headers().get_all(name);
        values.all(|value| value.to_str().is_ok_and(|value| is_ours(value, public_url)))
    };
    let site_is_ours = all(HeaderName::from_static("sec-fetch-site"), |site, _| site == "same-origin");
    let origin_is_ours = all(header::ORIGIN, |origin, public_url| origin.eq_ignore_ascii_case(public_url));
    if site_is_ours && origin_is_ours { Ok(()) } else { Err(foreign()) }
}

/// The form is not one that we gave to this browser, or it is too old.
pub(super) fn foreign() -> Refusal {
    let text = "The form was not sent by a page of this registry, or that page was open for too long. Nothing was \
                changed. Please go back, load the page again, and repeat it. (Operators: QUARRY_PUBLIC_URL has to be the \
                address in the browser.)";
    Refusal::page(StatusCode::FORBIDDEN, "This form is not accepted", text)
}
