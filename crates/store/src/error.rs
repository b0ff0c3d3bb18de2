//! Failures of the database libraries, told in the words of the workspace.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use domain::Error;

/// Forces a context on every query: a bare database error cannot be passed upward with `?`.
pub(crate) trait During<T> {
    fn during(self, what: &'static str) -> Result<T, Error>;
}

impl<T> During<T> for Result<T, DieselError> {
    fn during(self, what: &'static str) -> Result<T, Error> {
        self.map_err(|source| classify(what, source))
    }
}

impl<T> During<T> for Result<T, diesel::r2d2::PoolError> {
    fn during(self, what: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::unavailable(what, source))
    }
}

fn classify(during: &'static str, source: DieselError) -> Error {
    match &source {
        DieselError::DatabaseError(
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ReadOnlyTransaction,
            _,
        )
        | DieselError::BrokenTransactionManager
        | DieselError::RollbackErrorOnCommit { .. } => Error::unavailable(during, source),
        // What this row refers to was deleted, or what was to be deleted is needed, since it was looked at.
        DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => Error::unavailable(during, source),
        // Busy, full disk, time-outs and lost sessions come as "unknown"; all of them may pass.
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, _) => Error::unavailable(during, source),
        _ => Error::internal(during, source),
    }
}

/// An insert whose unique violation means that `what` is taken.
pub(crate) fn unless_taken<T>(
    result: Result<T, DieselError>,
    during: &'static str,
    what: impl FnOnce() -> String,
) -> Result<T, Error> {
    match result {
        Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            Err(Error::AlreadyExists { what: what() })
        }
        other => other.during(during),
    }
}
