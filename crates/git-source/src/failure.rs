//! What can go wrong between us and a Git server, in words for the user.

use std::error::Error as _;
use std::time::Duration;

use domain::Error;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};

use crate::address::{Address, without_userinfo};

const REACHING: &str = "reaching the Git server";

pub(crate) fn refused(reason: String) -> Error {
    Error::Refused { reason }
}

/// What answered is no Git server.
pub(crate) fn not_git(address: &Address) -> Error {
    let protocol = if address.is_ssh() { "SSH" } else { "smart http" };
    refused(format!("{address} is not a Git repository served over {protocol}"))
}

/// The protocol without a program on the server; it cannot be limited.
pub(crate) fn dumb(address: &Address) -> Error {
    refused(format!("{address} is served over dumb http; the Git server must offer smart http (git http-backend)"))
}

pub(crate) fn ended_early(address: &Address) -> Error {
    Error::unavailable(REACHING, format!("the answer of {address} ended too early"))
}

pub(crate) fn too_slow(address: &Address, what: &str, seconds: u64) -> Error {
    Error::unavailable(REACHING, format!("{address} {what} within {seconds} seconds"))
}

pub(crate) fn too_large(address: &Address, what: &str, limit: u64) -> Error {
    refused(format!("{what} of {address} is larger than the limit of {limit} bytes"))
}

/// It may be there the next time.
pub(crate) fn unreachable(address: &Address, cause: impl std::fmt::Display) -> Error {
    Error::unavailable(REACHING, format!("{address}: {cause}"))
}

/// The only thing that can be missing for https.
pub(crate) fn no_authorities(address: &Address) -> Error {
    refused(format!(
        "{address} cannot be checked, because the machine that fetches has no certificate authorities; install \
         ca-certificates there or set SSL_CERT_FILE"
    ))
}

/// What a server said in plain text, cut and cleaned: it is shown to users and logged.
pub(crate) fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().chars().filter(|c| !c.is_control()).take(200).collect()
}

/// What an answer that is not 200 means.
pub(crate) fn for_status(address: &Address, authenticated: bool, status: StatusCode, headers: &HeaderMap) -> Error {
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    match status {
        StatusCode::UNAUTHORIZED if authenticated => {
            refused(format!("the Git server did not accept the credentials for {address}"))
        }
        StatusCode::UNAUTHORIZED => refused(format!("the Git server asks for credentials for {address}")),
        StatusCode::FORBIDDEN => refused(format!("the Git server does not allow these credentials to read {address}")),
        StatusCode::NOT_FOUND | StatusCode::GONE => {
            refused(format!("the repository {address} does not exist or these credentials may not read it"))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => passing(address, status, headers),
        _ if status.is_server_error() => passing(address, status, headers),
        _ if status.is_redirection() => {
            let target = location.map_or_else(|| "elsewhere".to_owned(), without_userinfo);
            refused(format!("{address} redirects to {target}; redirects are not followed, use that address itself"))
        }
        _ => refused(format!("the Git server answered {} for {address}", status.as_u16())),
    }
}

fn passing(address: &Address, status: StatusCode, headers: &HeaderMap) -> Error {
    let answered = format!("{address} answered {}", status.as_u16());
    let until = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    match until.and_then(outbound::retry_after) {
        None => Error::unavailable(REACHING, answered),
        Some(seconds) => {
            let text = format!("{answered}; try again after {seconds} seconds");
            Error::later(REACHING, text, Duration::from_secs(seconds))
        }
    }
}

/// What a failed request means. The text of `reqwest` itself is left out: it may hold the address as it was sent.
pub(crate) fn for_request(address: &Address, error: &reqwest::Error) -> Error {
    if let Some(reason) = distrusted(error) {
        return refused(format!(
            "the TLS certificate of {} is not trusted ({reason}); an administrator can add its authority with QUARRY_VCS_AUTHORITIES",
            address.host()
        ));
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let cause = if error.source().is_none() { "the request failed".to_owned() } else { cause.to_string() };
    unreachable(address, cause)
}

fn distrusted(error: &reqwest::Error) -> Option<String> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(present) = cause {
        let wrapped = present.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = match wrapped {
            Some(inner) => inner.downcast_ref::<rustls::Error>(),
            None => present.downcast_ref::<rustls::Error>(),
        };
        if let Some(rustls::Error::InvalidCertificate(reason)) = tls {
            return Some(reason.to_string());
        }
        cause = match wrapped {
            Some(inner) => Some(inner),
            None => present.source(),
        };
    }
    None
}
