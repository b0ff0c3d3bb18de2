//! From a connection's row to what Git is fetched with.

use domain::Error;
use git_source::Remote;
use seal::SealKeys;
use store::{connections::Connection, repositories::Repository};
use vcs_hosts::{BaseUrl, Credentials, HostKind, Identifier, clone_address};

/// Address and credentials of a repository. The secret is opened here and goes nowhere but to the child.
pub(crate) fn remote_of(keys: &SealKeys, connection: &Connection, repository: &Repository) -> Result<Remote, Error> {
    if connection.token_id().is_none() {
        let reason =
            "the token of its connection was deleted: nothing new comes until the connection is given another token";
        return Err(Error::Refused { reason: reason.to_owned() });
    }
    let kind: HostKind = connection.kind.parse()?;
    let base: BaseUrl = connection.http_url.parse()?;
    let identifier: Identifier = repository.identifier.parse()?;
    let token = connection
        .secret_sealed
        .as_deref()
        .map(|sealed| keys.open_text(sealed, &store::connections::secret_binding(&connection.id)))
        .transpose()?;
    let credentials =
        Credentials::new(kind, connection.client_key.as_deref(), token.as_ref().map(seal::Secret::reveal))?;
    let (username, password) = match credentials {
        Some(credentials) => (Some(credentials.username), Some(credentials.password)),
        None => (None, None),
    };
    Ok(Remote { url: clone_address(kind, &base, &identifier)?, username, password })
}
