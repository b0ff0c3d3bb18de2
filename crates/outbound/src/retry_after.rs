//! For how long whoever was called wants to be left alone.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// Seconds from now, of the value of `Retry-After`: a number of them, or a date (RFC 9110, section 10.2.3). None are left of
/// what is over; `None` for what is neither.
pub fn retry_after(value: &str) -> Option<u64> {
    let until = |date: OffsetDateTime| (date - OffsetDateTime::now_utc()).whole_seconds().max(0).unsigned_abs();
    let value = value.trim();
    value.parse().ok().or_else(|| OffsetDateTime::parse(value, &Rfc2822).ok().map(until))
}
