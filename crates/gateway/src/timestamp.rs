//! Times as every client here reads them: RFC 3339 in UTC, with milliseconds and a literal `Z` (wire-spec 5.3).

use time::{OffsetDateTime, macros::format_description};

/// From milliseconds since 1970 UTC. What lies outside the years 1 to 9999 becomes the start of 1970.
pub(crate) fn format_millis(millis: i64) -> String {
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .ok()
        .and_then(|at| at.format(&form).ok())
        .unwrap_or_else(|| "1970-01-01T00:00:00.000Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::format_millis;

    #[test]
    fn times_end_in_z() {
        assert_eq!(format_millis(1_772_442_895_120), "2026-03-02T09:14:55.120Z");
        assert_eq!(format_millis(i64::MAX), "1970-01-01T00:00:00.000Z");
    }
}
