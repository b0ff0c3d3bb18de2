//! Where a repository is, for Git and for people.

use domain::Error;

use crate::{BaseUrl, HostKind, Identifier, offered};

/// The address to clone from, without credentials.
///
/// # Errors
/// [`Error::Invalid`] for a kind that is not offered.
pub fn clone_address(kind: HostKind, base: &BaseUrl, identifier: &Identifier) -> Result<String, Error> {
    offered(kind)?;
    Ok(format!("{base}/{identifier}.git"))
}

/// The address at which people look at the repository.
///
/// # Errors
/// [`Error::Invalid`] for a kind that is not offered.
pub fn web_address(kind: HostKind, base: &BaseUrl, identifier: &Identifier) -> Result<String, Error> {
    offered(kind)?;
    Ok(format!("{base}/{identifier}"))
}
