//! Failures of a store, as the workspace knows them.

use std::io::ErrorKind;

use domain::Error;
use object_store::Error as StoreError;

/// Translates everything but `NotFound` and `AlreadyExists`, which mean something else to each caller.
pub(crate) fn translate(during: &'static str, error: StoreError) -> Error {
    match disk_trouble(&error) {
        Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
            return Error::unavailable(during, "no space left for blobs");
        }
        Some(ErrorKind::ReadOnlyFilesystem) => {
            return Error::unavailable(during, "the file system for blobs is read-only");
        }
        _ => {}
    }
    match error {
        StoreError::InvalidPath { .. }
        | StoreError::NotSupported { .. }
        | StoreError::NotImplemented { .. }
        | StoreError::JoinError { .. }
        | StoreError::UnknownConfigurationKey { .. } => Error::internal(during, error),
        // Timeouts and I/O errors, and credentials or rights that an operator will put right.
        other => Error::unavailable(during, other),
    }
}

/// Like [`translate`], where nothing under the key is an answer.
pub(crate) fn translate_missing(during: &'static str, what: String, error: StoreError) -> Error {
    match error {
        StoreError::NotFound { .. } => Error::NotFound { what },
        other => translate(during, other),
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

    fn generic(kind: ErrorKind) -> StoreError {
        StoreError::Generic { store: "test", source: std::io::Error::from(kind).into() }
    }

    #[test]
    fn a_full_disk_is_named_and_may_be_tried_again() {
        for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded] {
            let error = translate("storing a blob", generic(kind));

            assert!(error.is_transient());
            assert_eq!(error.chain(), "unavailable while storing a blob: no space left for blobs");
        }
        assert!(translate("storing a blob", generic(ErrorKind::ReadOnlyFilesystem)).chain().contains("read-only"));
        assert!(translate("storing a blob", generic(ErrorKind::TimedOut)).is_transient());
    }
}
