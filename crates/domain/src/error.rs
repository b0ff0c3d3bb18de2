//! Why something could not be done: one vocabulary for the whole workspace.

use std::time::Duration;

/// The cause under an [`Error`]; logs print the whole chain, users never see it.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why the registry could not do what it was asked. Knows neither HTTP nor SQL.
///
/// The text of the first group is written for the user who asked; the text never repeats `source`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not there, or the caller may not know that it is.
    #[error("{what} does not exist")]
    NotFound { what: String },
    /// A unique name, address or number is taken.
    #[error("{what} has already been taken")]
    AlreadyExists { what: String },
    /// What was given can never work as it is; says what would be right.
    #[error("{what} {reason}")]
    Invalid { what: String, reason: String },
    /// The request fits no longer to the state of the thing it is about.
    #[error("{what}")]
    Conflict { what: String },
    /// More bytes than the limit that is named.
    #[error("{what} is larger than the limit of {limit} bytes")]
    TooLarge { what: String, limit: u64 },
    /// No token, or not one of ours.
    #[error("credentials are missing or wrong")]
    Unauthenticated,
    /// Known, visible, and not allowed.
    #[error("not allowed to {action}")]
    Forbidden { action: String },

    /// Somebody else's server, or the user's repository, refused for good (a missing repository, bad credentials).
    #[error("{reason}")]
    Refused { reason: String },
    /// The world is not ready. The same request may succeed later.
    #[error("unavailable while {during}")]
    Unavailable { during: &'static str, source: Source },
    /// A store has no space left. The same request succeeds once somebody has made room.
    #[error("no space left while {during}")]
    NoSpace { during: &'static str },
    /// The lease of a job is no longer ours: another worker has it. Nothing was changed.
    #[error("the lease of the job was lost")]
    LeaseLost,
    /// A bug or broken data. Trying again will not help.
    #[error("failed while {during}")]
    Internal { during: &'static str, source: Source },
}

/// The cause of an [`Error::Unavailable`] by somebody who said when to come back. Its text is for the user.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Later {
    pub text: String,
    pub wait: Duration,
}

impl Error {
    /// `what` is not valid, because of `reason`; both are read by a user.
    pub fn invalid(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { what: what.into(), reason: reason.into() }
    }

    /// `what` is missing.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound { what: what.into() }
    }

    /// The same request may succeed later.
    pub fn unavailable(during: &'static str, source: impl Into<Source>) -> Self {
        Self::Unavailable { during, source: source.into() }
    }

    /// The same by somebody who wants to be left alone for so long.
    pub fn later(during: &'static str, text: String, wait: Duration) -> Self {
        Self::unavailable(during, Later { text, wait })
    }

    /// How long whoever failed wants to be left alone, if it said so.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { source, .. } => source.downcast_ref::<Later>().map(|later| later.wait),
            _ => None,
        }
    }

    /// A bug or broken data.
    pub fn internal(during: &'static str, source: impl Into<Source>) -> Self {
        Self::Internal { during, source: source.into() }
    }

    /// The retry table: a job that failed with this is worth another attempt.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::NoSpace { .. } | Self::LeaseLost => true,
            Self::NotFound { .. }
            | Self::AlreadyExists { .. }
            | Self::Invalid { .. }
            | Self::Conflict { .. }
            | Self::TooLarge { .. }
            | Self::Unauthenticated
            | Self::Forbidden { .. }
            | Self::Refused { .. }
            | Self::Internal { .. } => false,
        }
    }

    /// The error and every cause under it, on one line, for logs.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(inner) = cause {
            text.push_str(": ");
            text.push_str(&inner.to_string());
            cause = inner.source();
        }
        text.replace(['\n', '\r'], " ")
    }
}
