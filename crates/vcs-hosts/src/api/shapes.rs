//! Members of the hosts' answers that payloads of webhooks do not have.

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use url::Url;

use crate::payload::Shape;

const LONGEST_PROSE: usize = 4096;
const LONGEST_LINK: usize = 2048;

/// Text that people wrote, perhaps in lines: trimmed, cut, and without other control characters.
pub(super) enum Prose {}

impl Shape for Prose {
    type Value = String;

    const FORM: &'static str = "must be a text";

    fn from_text(text: &str) -> Option<String> {
        let mut cleaned = String::new();
        for letter in text.trim().chars().filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t')) {
            if cleaned.len() + letter.len_utf8() > LONGEST_PROSE {
                break;
            }
            cleaned.push(letter);
        }
        Some(cleaned)
    }
}

/// An address that a browser may be sent to. Other texts are as good as none.
pub(super) enum Link {}

impl Shape for Link {
    type Value = Option<String>;

    const FORM: &'static str = "must be a text";

    fn from_text(text: &str) -> Option<Option<String>> {
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
        Some(url.map(String::from).filter(|link| link.len() <= LONGEST_LINK))
    }
}

/// The id of a commit.
pub(super) enum Sha {}

impl Shape for Sha {
    type Value = String;

    const FORM: &'static str = "must be the id of a commit, 40 or 64 hexadecimal digits";

    fn from_text(text: &str) -> Option<String> {
        let is_id = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then(|| text.to_ascii_lowercase())
    }
}

/// A time in RFC 3339, or in milliseconds since 1970.
pub(super) enum Moment {}

impl Shape for Moment {
    type Value = String;

    const FORM: &'static str = "must be a time such as 2026-03-01T10:00:00Z";

    fn from_text(text: &str) -> Option<String> {
        written(OffsetDateTime::parse(text, &Rfc3339).ok()?)
    }

    fn from_number(milliseconds: u64) -> Option<String> {
        let seconds = i64::try_from(milliseconds / 1000).ok()?;
        written(OffsetDateTime::from_unix_timestamp(seconds).ok()?)
    }
}

fn written(moment: OffsetDateTime) -> Option<String> {
    moment.checked_to_offset(UtcOffset::UTC)?.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}
