//! Answers that mean "not now", and how long "not now" is.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use time::OffsetDateTime;

/// GitHub and Gitea, then GitLab.
const REMAINING: [&str; 2] = ["x-ratelimit-remaining", "ratelimit-remaining"];
const RESET: [&str; 2] = ["x-ratelimit-reset", "ratelimit-reset"];

/// What to tell whoever asked, and for how many seconds the host wants to be left alone, if it says so; `None` for an answer
/// that will not change.
pub(super) fn reason_to_wait(status: StatusCode, headers: &HeaderMap) -> Option<(String, Option<u64>)> {
    let is_used_up = REMAINING.into_iter().any(|name| text(headers, name) == Some("0"));
    let passes = match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => true,
        // GitHub's way to say that there were too many requests.
        StatusCode::FORBIDDEN => is_used_up || headers.contains_key(RETRY_AFTER),
        _ => status.is_server_error(),
    };
    if !passes {
        return None;
    }
    let answered = format!("answered {}", status.as_u16());
    let after = text(headers, RETRY_AFTER.as_str()).and_then(outbound::retry_after);
    let wait = after.or_else(|| is_used_up.then(|| reset(headers)).flatten());
    Some(match wait {
        Some(seconds) => (format!("{answered}; try again after {seconds} seconds"), Some(seconds)),
        None => (answered, None),
    })
}

/// Seconds since 1970.
fn reset(headers: &HeaderMap) -> Option<u64> {
    let at: i64 = RESET.into_iter().find_map(|name| text(headers, name))?.parse().ok()?;
    Some(at.saturating_sub(now()).max(0).unsigned_abs())
}

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}
