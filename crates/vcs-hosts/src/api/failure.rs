//! What can go wrong between us and a host, in words for the user. No text holds what was sent.

use std::error::Error as StdError;
use std::time::Duration;

use domain::Error;
use reqwest::StatusCode;
use url::{Origin, Url};

use crate::Identifier;

const ASKING: &str = "asking the Git host";

pub(super) fn refused(reason: String) -> Error {
    Error::Refused { reason }
}

pub(super) fn passing(host: &str, what: &str) -> Error {
    Error::unavailable(ASKING, format!("{host} {what}"))
}

/// The host says for how long.
pub(super) fn later(host: &str, what: &str, seconds: u64) -> Error {
    Error::later(ASKING, format!("{host} {what}"), Duration::from_secs(seconds))
}

pub(super) fn too_slow(host: &str, limit: Duration) -> Error {
    passing(host, &format!("did not answer within {} seconds", limit.as_secs()))
}

pub(super) fn too_large(host: &str, limit: usize) -> Error {
    refused(format!("the answer of {host} is larger than the limit of {limit} bytes"))
}

pub(super) fn wrong_token(host: &str) -> Error {
    refused(format!("{host} does not accept the token"))
}

/// Which of the three it is, the host does not say.
pub(super) fn wrong_app_key(host: &str) -> Error {
    refused(format!(
        "{host} does not accept the private key of the GitHub App: it must be one that the App has, the key must be the \
         App's id or client id, and the clock of the machine that asks must be right"
    ))
}

pub(super) fn unknown_app(host: &str) -> Error {
    refused(format!(
        "{host} knows no GitHub App of this key: it must be the id or the client id of an App of this host, and api-url \
         must lead to its API"
    ))
}

/// `page` is that of the App, as its host says.
pub(super) fn not_installed(host: &str, identifier: &Identifier, page: Option<&str>) -> Error {
    let place = page.map_or_else(|| "on the page of the App".to_owned(), |page| format!("at {page}"));
    refused(format!(
        "the GitHub App is not installed for {identifier} on {host}, or may not see it: install it {place}, or add the \
         repository to its installation"
    ))
}

pub(super) fn suspended_app(host: &str, identifier: &Identifier) -> Error {
    refused(format!("the installation of the GitHub App for {identifier} is suspended on {host}: unsuspend it there"))
}

pub(super) fn no_token_for_app(host: &str, identifier: &Identifier) -> Error {
    refused(format!(
        "{host} does not let the GitHub App have a token for {identifier}; perhaps its installation was suspended"
    ))
}

/// The only thing that can be missing for https.
pub(super) fn no_authorities(host: &str) -> Error {
    refused(format!(
        "{host} cannot be checked, because the machine that asks it has no certificate authorities; install \
         ca-certificates there or set SSL_CERT_FILE"
    ))
}

/// What the host sent is no answer of its API.
pub(super) fn misunderstood(host: &str, error: Error) -> Error {
    match error {
        Error::Invalid { what, reason } => {
            refused(format!("{host} answered in an unexpected form, perhaps api-url is wrong: {what} {reason}"))
        }
        other => other,
    }
}

pub(super) fn redirects_elsewhere(host: &str, target: Option<&Url>) -> Error {
    let target = match target.map(Url::origin) {
        Some(origin @ Origin::Tuple(..)) => origin.ascii_serialization(),
        _ => "elsewhere".to_owned(),
    };
    refused(format!(
        "{host} redirects to {target}; only redirects to the same server are followed, use the right api-url"
    ))
}

/// What a final answer that is no success means for reading `subject`.
pub(super) fn for_status(host: &str, has_token: bool, status: StatusCode, subject: &str) -> Error {
    match status {
        StatusCode::UNAUTHORIZED if has_token => wrong_token(host),
        StatusCode::UNAUTHORIZED => refused(format!("{host} asks for a token to read {subject}")),
        StatusCode::FORBIDDEN if has_token => refused(format!("{host} does not allow the token to read {subject}")),
        StatusCode::FORBIDDEN => refused(format!("{host} does not allow to read {subject} without a token")),
        StatusCode::NOT_FOUND | StatusCode::GONE if has_token => {
            refused(format!("{subject} does not exist on {host} or the token may not read it"))
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            refused(format!("{subject} does not exist on {host} or may not be read without a token"))
        }
        _ => refused(format!("{host} answered {} when asked about {subject}", status.as_u16())),
    }
}

/// What a failed request means. The text of `reqwest` itself is left out: it may hold the address as it was sent.
pub(super) fn for_request(host: &str, error: &reqwest::Error) -> Error {
    if let Some(Error::Refused { reason }) = find_cause::<Error>(error) {
        return refused(format!("{host} may not be called: {reason}"));
    }
    if let Some(rustls::Error::InvalidCertificate(reason)) = find_cause::<rustls::Error>(error) {
        return refused(format!(
            "the TLS certificate of {host} is not trusted ({reason}); an administrator can add its authority with QUARRY_VCS_AUTHORITIES"
        ));
    }
    let mut cause: &dyn StdError = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match error.source() {
        None => passing(host, "did not answer"),
        Some(_) => passing(host, &format!("did not answer: {cause}")),
    }
}

/// Looks also into what `std::io::Error` wraps, which it does not name as its source.
fn find_cause<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut cause = Some(error);
    while let Some(present) = cause {
        if let Some(found) = present.downcast_ref::<T>() {
            return Some(found);
        }
        let wrapped = present.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(inner) => Some(inner),
            None => present.source(),
        };
    }
    None
}
