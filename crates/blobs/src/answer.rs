//! What a store said when it refused. The library keeps the parts of it to itself, so they are read from its text.

use object_store::Error as StoreError;
use object_store::client::{HttpError, HttpErrorKind};

/// More than this of a text that somebody else wrote is of no use in a log.
const LONGEST_TEXT: usize = 300;

/// Its parts, as far as there are any.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: Option<u16>,
    /// The code in the body, such as `NoSuchBucket`.
    pub(crate) code: Option<String>,
    /// The sentence next to it.
    message: Option<String>,
    /// Why there was no answer at all.
    pub(crate) silence: Option<HttpErrorKind>,
    /// Everything but a body in XML, for what has none of the above.
    text: String,
}

impl Answer {
    pub(crate) fn of(error: &StoreError) -> Self {
        let text = error.to_string();
        Self {
            status: between(&text, "status code: ", " ").and_then(|status| status.parse().ok()),
            code: between(&text, "<Code>", "</Code>").map(short),
            message: between(&text, "<Message>", "</Message>").map(short),
            silence: transport(error).map(HttpError::kind),
            text: transport(error).map_or_else(|| short(until_markup(&text)), |cause| short(&causes(cause))),
        }
    }

    /// There is no such bucket, as opposed to nothing under a key.
    pub(crate) fn lacks_bucket(&self) -> bool {
        matches!(self.code.as_deref(), Some("NoSuchBucket" | "ContainerNotFound"))
    }

    /// The server has no space, or lets us have no more of it.
    pub(crate) fn is_full(&self) -> bool {
        let codes = ["XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded", "StorageFull"];
        self.status == Some(507) || self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }

    /// It could not even ask for credentials: the address is that of the clouds' own givers of them.
    pub(crate) fn lacks_credentials(&self) -> bool {
        ["169.254.169.254", "metadata.google.internal", "redential"].iter().any(|sign| self.text.contains(sign))
    }

    /// One line for a log.
    pub(crate) fn describe(&self) -> String {
        let Some(status) = self.status else {
            return match self.silence {
                Some(HttpErrorKind::Connect) => format!("cannot connect to the store: {}", self.text),
                Some(HttpErrorKind::Timeout) => format!("the store did not answer in time: {}", self.text),
                _ => self.text.clone(),
            };
        };
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => format!("the store answered {status} {code} ({message})"),
            (Some(code), None) => format!("the store answered {status} {code}"),
            (None, _) => format!("the store answered {status}: {}", self.text),
        }
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after).map_or(rest, |(found, _)| found))
}

/// A body in XML may repeat parts of what was signed, and what matters of it is known.
fn until_markup(text: &str) -> &str {
    text.split_once('<').map_or(text, |(before, _)| before).trim_end_matches([' ', ':'])
}

fn short(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(LONGEST_TEXT).collect()
}

fn transport(error: &StoreError) -> Option<&HttpError> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(found) = inner.downcast_ref() {
            return Some(found);
        }
        cause = inner.source();
    }
    None
}

/// The error and what is under it, each once: the text of some repeats that of the next.
fn causes(error: &HttpError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let next = inner.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(text: &str) -> Answer {
        Answer::of(&StoreError::Generic { store: "S3", source: text.to_owned().into() })
    }

    #[test]
    fn the_parts_are_found_and_the_rest_is_left_out() {
        let answer = answered(
            "Error performing PUT http://127.0.0.1:9000/b/k in 1ms - Server returned non-2xx status code: 403 \
             Forbidden: <Error><Code>SignatureDoesNotMatch</Code><Message>Not\nequal</Message><StringToSign>\
             secret</StringToSign></Error>",
        );

        assert_eq!(answer.describe(), "the store answered 403 SignatureDoesNotMatch (Not equal)");
        assert!(!answer.is_full() && !answer.lacks_bucket());
        let answer = answered("status code: 503 Slow: <html>").describe();
        assert_eq!(answer, "the store answered 503: Generic S3 error: status code: 503 Slow");
    }

    #[test]
    fn full_stores_are_known_by_status_or_code() {
        assert!(answered("status code: 507 Insufficient Storage: ").is_full());
        assert!(answered("status code: 403 Forbidden: <Code>QuotaExceeded</Code>").is_full());
        assert!(answered("status code: 500 Oh: <Code>XMinioStorageFull</Code>").is_full());
        assert!(!answered("status code: 500 Oh: <Code>InternalError</Code>").is_full());
    }
}
