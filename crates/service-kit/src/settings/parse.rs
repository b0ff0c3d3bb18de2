//! The text of one setting → its value, or an error that names the setting and says what would be right.

use std::{net::SocketAddr, num::NonZeroU32, time::Duration};

use domain::Error;
use url::Url;

/// Longest sensible drain: orchestrators kill a process that needs longer.
const LONGEST_DRAIN: u64 = 300;
/// A hundred years.
const LONGEST_AUDIT: u32 = 36_525;
const MOST_AT_ONCE: u16 = 1_000;
const MOST_SESSIONS: u32 = 1_000;
const MOST_DAYS: u64 = 3_650;
/// More than one process can answer.
const HIGHEST_RATE: u32 = 100_000;
/// go-tfe allows itself a burst of a third of the limit that it is told, rounded down: nothing, up to here.
const LOWEST_RATE: u32 = 4;

/// The reason alone, where the name of what is wrong is replaced by that of the setting.
pub(super) fn plain_reason(cause: Error) -> String {
    match cause {
        Error::Invalid { reason, .. } => reason,
        other => other.to_string(),
    }
}

pub(super) fn listen(setting: &str, text: &str) -> Result<SocketAddr, Error> {
    text.parse()
        .map_err(|_| Error::invalid(setting, "must be an address and port such as 127.0.0.1:8080 or 0.0.0.0:8080"))
}

/// What the file of a setting holds; nothing without one.
pub(super) fn file(setting: &str, file: Option<&str>) -> Result<String, Error> {
    let Some(file) = file else { return Ok(String::new()) };
    std::fs::read_to_string(file)
        .map_err(|cause| Error::invalid(setting, format!("must name a file that can be read: {file}: {cause}")))
}

/// Whether its certificates can be used shows when they are.
pub(super) fn authorities(path: Option<&str>) -> Result<String, Error> {
    const NAME: &str = "QUARRY_VCS_AUTHORITIES";
    let text = file(NAME, path)?;
    let Some(file) = path else { return Ok(text) };
    if text.contains("-----BEGIN CERTIFICATE-----") {
        return Ok(text);
    }
    Err(Error::invalid(NAME, format!("must name a file of certificates in PEM form: {file} holds none")))
}

pub(super) fn limit(setting: &str, text: Option<&str>) -> Result<Option<u64>, Error> {
    text.map(|text| text.parse().ok().filter(|limit| *limit > 0))
        .map(|limit| limit.ok_or_else(|| Error::invalid(setting, "must be a whole number above 0")))
        .transpose()
}

pub(super) fn at_once(setting: &str, text: Option<&str>, default: u16) -> Result<u16, Error> {
    let Some(text) = text else { return Ok(default) };
    let number: Option<u16> = text.parse().ok();
    number
        .filter(|number| (1..=MOST_AT_ONCE).contains(number))
        .ok_or_else(|| Error::invalid(setting, format!("must be a whole number from 1 to {MOST_AT_ONCE}")))
}

pub(super) fn sessions(text: Option<&str>) -> Result<u32, Error> {
    let number: Option<u32> = text.unwrap_or("10").parse().ok();
    number.filter(|number| (2..=MOST_SESSIONS).contains(number)).ok_or_else(|| {
        Error::invalid("QUARRY_DATABASE_SESSIONS", format!("must be a whole number from 2 to {MOST_SESSIONS}"))
    })
}

/// How often something may be done; `None` for 0, which switches the limit off.
pub(super) fn rate(setting: &str, text: Option<&str>, default: u32) -> Result<Option<NonZeroU32>, Error> {
    let number: Option<u32> = text.map_or(Some(default), |text| text.parse().ok());
    let number = number.filter(|number| *number <= HIGHEST_RATE).ok_or_else(|| {
        Error::invalid(setting, format!("must be a whole number up to {HIGHEST_RATE}; 0 switches it off"))
    })?;
    Ok(NonZeroU32::new(number))
}

pub(super) fn rate_limit(text: Option<&str>) -> Result<Option<NonZeroU32>, Error> {
    let setting = "QUARRY_RATE_LIMIT";
    let rate = rate(setting, text, 30)?;
    if rate.is_some_and(|rate| rate.get() < LOWEST_RATE) {
        let reason = format!(
            "must be 0, which switches it off, or at least {LOWEST_RATE}: clients pace themselves by a part of it, and with \
             less they could not call at all"
        );
        return Err(Error::invalid(setting, reason));
    }
    Ok(rate)
}

pub(super) fn url(setting: &str, text: &str) -> Result<String, Error> {
    let invalid = || {
        Error::invalid(
            setting,
            "must be an http or https address without path, user or query, such as https://registry.example.org",
        )
    };
    let url = Url::parse(text).map_err(|_| invalid())?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.path() == "/";
    if is_plain { Ok(url.as_str().trim_end_matches('/').to_owned()) } else { Err(invalid()) }
}

/// An address with a path, perhaps: kept exactly, since the provider calls itself so.
pub(super) fn issuer(setting: &str, text: &str) -> Result<String, Error> {
    let invalid = || {
        Error::invalid(
            setting,
            "must be an https address without user, query or fragment, such as https://id.example.org/realms/acme; http \
             only for this machine",
        )
    };
    let url = Url::parse(text).map_err(|_| invalid())?;
    let is_here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_plain = (url.scheme() == "https" || (url.scheme() == "http" && is_here))
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if is_plain { Ok(text.to_owned()) } else { Err(invalid()) }
}

/// A number of days; `None` for 0.
pub(super) fn days(setting: &str, text: Option<&str>) -> Result<Option<Duration>, Error> {
    let days: Option<u64> = text.map_or(Some(0), |text| text.parse().ok());
    let days = days.filter(|days| *days <= MOST_DAYS).ok_or_else(|| {
        Error::invalid(setting, format!("must be a whole number of days up to {MOST_DAYS}; 0 is for ever"))
    })?;
    Ok((days > 0).then(|| Duration::from_secs(days * 24 * 60 * 60)))
}

pub(super) fn reconcile(text: Option<&str>) -> Result<Option<Duration>, Error> {
    let seconds: u64 = text.unwrap_or("600").parse().map_err(|_| {
        Error::invalid("QUARRY_RECONCILE_SECONDS", "must be a whole number of seconds; 0 switches it off")
    })?;
    Ok((seconds > 0).then(|| Duration::from_secs(seconds)))
}

pub(super) fn audit_days(text: Option<&str>) -> Result<Option<u32>, Error> {
    let days: Option<u32> = text.unwrap_or("365").parse().ok();
    let days = days.filter(|days| *days <= LONGEST_AUDIT).ok_or_else(|| {
        let reason = format!("must be a whole number of days, at most {LONGEST_AUDIT}; 0 keeps the audit log for ever");
        Error::invalid("QUARRY_AUDIT_DAYS", reason)
    })?;
    Ok((days > 0).then_some(days))
}

pub(super) fn drain(text: Option<&str>, default: u64) -> Result<Duration, Error> {
    let Some(text) = text else { return Ok(Duration::from_secs(default)) };
    let seconds: Option<u64> = text.parse().ok();
    seconds.filter(|seconds| *seconds <= LONGEST_DRAIN).map(Duration::from_secs).ok_or_else(|| {
        Error::invalid("QUARRY_DRAIN_SECONDS", format!("must be a whole number of seconds, at most {LONGEST_DRAIN}"))
    })
}

/// Whether a URL begins as one of `schemes`; never shows the URL, which may hold a password.
pub(super) fn scheme(setting: &str, text: &str, schemes: &[&str]) -> Result<(), Error> {
    if schemes.iter().any(|scheme| text.starts_with(scheme)) {
        return Ok(());
    }
    let reason = match schemes {
        [one] => format!("must begin with {one}"),
        [others @ .., last] => format!("must begin with {} or {last}", others.join(", ")),
        [] => "cannot be set".to_owned(),
    };
    Err(Error::invalid(setting, reason))
}
