//! Times as every client here reads them: RFC 3339 in UTC, with milliseconds and a literal `Z` (wire-spec 5.3).

use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

/// From milliseconds since 1970 UTC. What lies outside the years 1 to 9999 becomes the start of 1970.
pub(crate) fn format_millis(millis: i64) -> String {
    let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .ok()
        .and_then(|at| at.format(&form).ok())
        .unwrap_or_else(|| "1970-01-01T00:00:00.000Z".to_owned())
}

/// The same to the second.
pub(crate) fn format_seconds(millis: i64) -> String {
    let text = format_millis(millis);
    let end = text.find('.').unwrap_or(text.len());
    format!("{}Z", text.get(..end).unwrap_or(&text))
}

/// The last millisecond that [`format_millis`] can show.
const END_OF_9999: i64 = 253_402_300_799_999;

/// RFC 3339, with any offset, to milliseconds since 1970 UTC. `None` for anything else, and for what no answer could show.
pub(crate) fn parse_millis(text: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let millis = i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).ok()?;
    (0..=END_OF_9999).contains(&millis).then_some(millis)
}

#[cfg(test)]
mod tests {
    use super::{format_millis, format_seconds, parse_millis};

    #[test]
    fn times_are_read_with_any_offset() {
        for (text, millis) in [
            ("2026-03-02T09:14:55.120Z", Some(1_772_442_895_120)),
            ("2026-03-02T10:14:55.12+01:00", Some(1_772_442_895_120)),
            ("2026-03-02T09:14:55Z", Some(1_772_442_895_000)),
            ("9999-12-31T23:59:59.999Z", Some(253_402_300_799_999)),
            ("9999-12-31T23:59:59-01:00", None),
            ("10000-01-01T00:00:00Z", None),
            ("+10000-01-01T00:00:00Z", None),
            ("1969-12-31T23:59:59Z", None),
            ("2026-03-02", None),
            ("2026-02-30T00:00:00Z", None),
            ("2026-03-02T09:14:55", None),
            ("tomorrow", None),
            ("", None),
        ] {
            assert_eq!(parse_millis(text), millis, "{text}");
        }
    }

    #[test]
    fn times_end_in_z() {
        assert_eq!(format_millis(1_772_442_895_120), "2026-03-02T09:14:55.120Z");
        assert_eq!(format_seconds(1_772_442_895_120), "2026-03-02T09:14:55Z");
        assert_eq!(format_millis(i64::MAX), "1970-01-01T00:00:00.000Z");
    }
}
