//! From a connection's row to what Git is fetched with.

use domain::Error;
use git_source::Remote;
use seal::{SealKeys, Secret};
use store::connections::Connection;
use vcs_hosts::{BaseUrl, Host, HostKind, Identifier, clone_address};

use crate::{Config, sync_repository::Loaded};

/// The token of a connection, which goes nowhere but to its host; `None` for a server that needs none. `Refused` while
/// its owner has taken it away.
pub(crate) fn open_token(keys: &SealKeys, connection: &Connection) -> Result<Option<Secret>, Error> {
    if connection.token_id().is_none() {
        let reason =
            "the token of its connection was deleted: nothing new comes until the connection is given another token";
        return Err(Error::Refused { reason: reason.to_owned() });
    }
    let binding = store::connections::secret_binding(&connection.id);
    connection.secret_sealed.as_deref().map(|sealed| keys.open_text(sealed, &binding)).transpose()
}

/// Address and credentials of a repository. A secret is opened here, or minted from it by the host, and goes nowhere but to
/// the child.
pub(crate) async fn remote_of(config: &Config, loaded: &Loaded) -> Result<Remote, Error> {
    let Loaded { connection, repository, .. } = loaded;
    let token = open_token(&config.seal_keys, connection)?;
    let host = Host::parse(&connection.kind, &connection.http_url, &connection.api_url)?;
    let access = host.access(connection.client_key.as_deref(), token.as_ref().map(Secret::reveal));
    let identifier: Identifier = repository.identifier.parse()?;
    let base: BaseUrl = connection.http_url.parse()?;
    let url = clone_address(host.kind(), &base, &identifier)?;
    if base.is_ssh() {
        let private_key = token.as_ref().map(|key| key.reveal().to_owned());
        return Ok(Remote { url, username: connection.client_key.clone(), private_key, ..Remote::default() });
    }
    let (username, password) = match config.hosts.credentials(&access, &identifier).await? {
        Some(credentials) => (Some(credentials.username), Some(credentials.password)),
        None => (None, None),
    };
    Ok(Remote { url, username, password, ..Remote::default() })
}

/// The address below which the server of a repository has its others.
pub(crate) fn base_of(loaded: &Loaded) -> Result<String, Error> {
    let Loaded { connection, repository, .. } = loaded;
    let base: BaseUrl = connection.http_url.parse()?;
    let own = clone_address(connection.kind.parse()?, &base, &repository.identifier.parse()?)?;
    let without_end = own.strip_suffix(".git").unwrap_or(&own);
    let below = without_end.strip_suffix(&repository.identifier).and_then(|base| base.strip_suffix('/'));
    Ok(below.unwrap_or(base.as_str()).to_owned())
}

/// The Git server refused: what was minted for it may be of no use any more. False if nothing was.
pub(crate) fn forget_credentials(config: &Config, loaded: &Loaded) -> Result<bool, Error> {
    let Loaded { connection, repository, .. } = loaded;
    let token = open_token(&config.seal_keys, connection)?;
    let host = Host::parse(&connection.kind, &connection.http_url, &connection.api_url)?;
    let access = host.access(connection.client_key.as_deref(), token.as_ref().map(Secret::reveal));
    config.hosts.forget_credentials(&access, &repository.identifier.parse()?);
    Ok(host.kind() == HostKind::GithubApp)
}
