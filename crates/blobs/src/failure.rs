//! Failures of a store, as the workspace knows them.

use std::io::ErrorKind;

use domain::Error;
use object_store::Error as StoreError;

use crate::answer::Answer;

/// Translates everything but `NotFound` and `AlreadyExists`, which mean something else to each caller.
pub(crate) fn translate(during: &'static str, error: StoreError) -> Error {
    if let Some(trouble) = disk_trouble(&error).and_then(|kind| of_disk(during, kind)) {
        return trouble;
    }
    let answer = Answer::of(&error);
    if answer.is_full() {
        return Error::NoSpace { during };
    }
    match error {
        StoreError::InvalidPath { .. }
        | StoreError::NotSupported { .. }
        | StoreError::NotImplemented { .. }
        | StoreError::JoinError { .. }
        | StoreError::UnknownConfigurationKey { .. } => Error::internal(during, error),
        // Timeouts and I/O errors, and credentials or rights that an operator will put right.
        other if answer.status.is_none() && answer.silence.is_none() => Error::unavailable(during, other),
        _ => Error::unavailable(during, answer.describe()),
    }
}

/// Like [`translate`], where nothing under the key is an answer. Nothing where the bucket should be is none.
pub(crate) fn translate_missing(during: &'static str, what: String, error: StoreError) -> Error {
    match error {
        StoreError::NotFound { .. } if !Answer::of(&error).lacks_bucket() => Error::NotFound { what },
        other => translate(during, other),
    }
}

/// An I/O error of our own.
pub(crate) fn translate_io(during: &'static str, error: std::io::Error) -> Error {
    of_disk(during, error.kind()).unwrap_or_else(|| Error::unavailable(during, error))
}

/// Trouble of a disk that is better named than shown.
fn of_disk(during: &'static str, kind: ErrorKind) -> Option<Error> {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(Error::NoSpace { during }),
        ErrorKind::ReadOnlyFilesystem => Some(Error::unavailable(during, "the file system for blobs is read-only")),
        _ => None,
    }
}

/// The kind of the I/O error at the bottom, if that is what it is.
fn disk_trouble(error: &StoreError) -> Option<ErrorKind> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        cause = inner.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(source: impl Into<domain::Source>) -> StoreError {
        StoreError::Generic { store: "test", source: source.into() }
    }

    fn io(kind: ErrorKind) -> StoreError {
        generic(std::io::Error::from(kind))
    }

    #[test]
    fn a_full_store_is_named_and_may_be_tried_again() {
        let answered = generic("status code: 507 Insufficient Storage: ");
        for error in [io(ErrorKind::StorageFull), io(ErrorKind::QuotaExceeded), answered] {
            let error = translate("storing a blob", error);

            assert!(error.is_transient());
            assert_eq!(error.chain(), "no space left while storing a blob");
        }
        let read_only = translate("storing a blob", io(ErrorKind::ReadOnlyFilesystem));
        assert!(read_only.chain().contains("read-only"));
        assert!(translate("storing a blob", io(ErrorKind::TimedOut)).is_transient());
        assert!(matches!(translate_io("storing a blob", ErrorKind::StorageFull.into()), Error::NoSpace { .. }));
    }

    #[test]
    fn a_missing_bucket_is_not_a_missing_blob() {
        let missing = |code: &str| StoreError::NotFound {
            path: "blob".to_owned(),
            source: format!("status code: 404 Not Found: <Code>{code}</Code>").into(),
        };

        let bucket = translate_missing("reading a blob", "blob".to_owned(), missing("NoSuchBucket"));
        let blob = translate_missing("reading a blob", "blob".to_owned(), missing("NoSuchKey"));

        assert!(bucket.chain().contains("the store answered 404 NoSuchBucket"), "{bucket:?}");
        assert!(matches!(blob, Error::NotFound { .. }));
    }
}
