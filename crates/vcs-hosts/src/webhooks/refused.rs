//! Why a delivery is not believed.

use domain::Error;

/// Why a delivery is not taken for genuine. Meant for the owner of the webhook and for logs: the sender learns only
/// that it was refused. Holds nothing of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Without a secret of its own a webhook believes nobody (wire-spec 16.1).
    #[error("the webhook has no secret")]
    NoSecret,
    /// The host was not told the secret, or the delivery is not from it. Several headers are parted by `or`.
    #[error("the header {header} is missing")]
    Missing { header: String },
    /// Nobody can say which of them counts.
    #[error("the header {header} came more than once")]
    Repeated { header: &'static str },
    /// No proof in the form that the host writes.
    #[error("the header {header} is not of the form {form}")]
    Malformed { header: &'static str, form: String },
    /// Made with another secret, or for another body.
    #[error("the header {header} does not fit the secret of the webhook")]
    Wrong { header: &'static str },
}

impl From<Refused> for Error {
    fn from(_: Refused) -> Self {
        Self::Unauthenticated
    }
}
