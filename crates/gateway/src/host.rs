//! Asking a Git host while a client waits, within seconds.

use domain::{BranchName, Error, Id, kinds};
use seal::Secret;
use service_kit::JsonApiError;
use store::{
    Connection as Session,
    connections::{self, Connection},
    repositories::{self, Facts, Repository},
};
use vcs_hosts::{
    Host, Identifier,
    api::{Commit, RepositoryFacts},
};

use crate::state::State;

/// As many as a host gives in one answer.
const MOST_COMMITS: u8 = 100;

/// What came of showing a token to its host.
pub(crate) enum Shown {
    /// It was taken, or there was nobody to ask.
    Taken,
    /// The host does not answer at present, for this reason.
    Unanswered(Error),
}

/// Whether the host takes these credentials; what it refuses is the token's fault.
pub(crate) async fn check_token(
    state: &State,
    place: (&str, &str, &str),
    credentials: (Option<&str>, Option<&str>),
) -> Result<Shown, JsonApiError> {
    try_token(state, place, credentials).await.map_err(|error| {
        let name = "oauth-token-string";
        let error = Error::invalid(name, format!("cannot be used: {error}"));
        JsonApiError::at(format!("/data/attributes/{name}"), error)
    })
}

/// The same, with what the host said of credentials that it refuses.
pub(crate) async fn try_token(
    state: &State,
    (kind, http_url, api_url): (&str, &str, &str),
    (key, token): (Option<&str>, Option<&str>),
) -> Result<Shown, Error> {
    let host = Host::parse(kind, http_url, api_url)?;
    match state.config.hosts.check(&host.access(key, token)).await {
        Ok(()) => Ok(Shown::Taken),
        Err(error) if error.is_transient() => Ok(Shown::Unanswered(error)),
        Err(error) => Err(error),
    }
}

/// What the host tells of a repository. `None` for plain Git, and for a host that does not answer at present: then the
/// sync shows what is wrong.
async fn look_up(
    state: &State,
    connection: &Connection,
    identifier: &Identifier,
) -> Result<Option<RepositoryFacts>, JsonApiError> {
    let host = Host::parse(&connection.kind, &connection.http_url, &connection.api_url)?;
    let refuse = |error| JsonApiError::at("/data/attributes/vcs-repo/identifier", error);
    identifier.check_for(host.kind()).map_err(refuse)?;
    let token = open_token(state, connection)?;
    let access = host.access(connection.client_key.as_deref(), token.as_ref().map(Secret::reveal));
    match state.config.hosts.find_repository(&access, identifier).await {
        Ok(facts) => Ok(facts),
        Err(error) if error.is_transient() => {
            tracing::warn!(connection = %connection.id, error = error.chain(), "A Git host was not asked: it does not answer");
            Ok(None)
        }
        Err(error) => Err(refuse(Error::invalid("identifier", format!("cannot be used: {error}")))),
    }
}

/// [`look_up`] and, of a branch, [`check_branch`], at the same time.
pub(crate) async fn look_up_with(
    state: &State,
    connection: &Connection,
    (identifier, branch): (&Identifier, Option<&BranchName>),
) -> Result<Option<RepositoryFacts>, JsonApiError> {
    let check = async {
        match branch {
            Some(branch) => check_branch(state, connection, (identifier, branch)).await,
            None => Ok(()),
        }
    };
    let (facts, checked) = tokio::join!(look_up(state, connection, identifier), check);
    // What is wrong with the repository comes first: without it there is no branch.
    let facts = facts?;
    checked.map(|()| facts)
}

/// Refuses a branch that the host does not show to the token. Where nobody can be asked, or does not answer, the sync shows it.
pub(crate) async fn check_branch(
    state: &State,
    connection: &Connection,
    (identifier, branch): (&Identifier, &BranchName),
) -> Result<(), JsonApiError> {
    let host = Host::parse(&connection.kind, &connection.http_url, &connection.api_url)?;
    let token = open_token(state, connection)?;
    let access = host.access(connection.client_key.as_deref(), token.as_ref().map(Secret::reveal));
    match state.config.hosts.list_commits(&access, identifier, Some(branch.as_str()), 1).await {
        Err(error) if !error.is_transient() => {
            let error = Error::invalid("branch", format!("cannot be used: {error}"));
            Err(JsonApiError::at("/data/attributes/vcs-repo/branch", error))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The last commits of a branch, newest first, as its host tells them; without a name of the default branch. `None` where
/// there is nobody to ask, and where the host does not tell.
pub(crate) async fn list_commits(
    state: &State,
    (repository, connection): &(Repository, Connection),
    branch: Option<&str>,
) -> Result<Option<Vec<Commit>>, Error> {
    if connection.token_id().is_none() {
        return Ok(None);
    }
    let host = Host::parse(&connection.kind, &connection.http_url, &connection.api_url)?;
    let token = open_token(state, connection)?;
    let access = host.access(connection.client_key.as_deref(), token.as_ref().map(Secret::reveal));
    match state.config.hosts.list_commits(&access, &repository.identifier.parse()?, branch, MOST_COMMITS).await {
        Ok(commits) => Ok(commits),
        Err(error) => {
            tracing::info!(repository = %repository.id, error = error.chain(), "A Git host does not tell its commits");
            Ok(None)
        }
    }
}

/// Saves what the host told.
pub(crate) fn set_facts(
    session: &mut Session,
    id: &Id<kinds::Repository>,
    facts: &RepositoryFacts,
) -> Result<(), Error> {
    let RepositoryFacts { remote_id, description, web_url, default_branch } = facts;
    let default_branch = default_branch.as_deref();
    repositories::set_facts(session, id, &Facts { remote_id, description, web_url, default_branch })
}

/// It goes nowhere but to the host.
pub(crate) fn open_token(state: &State, connection: &Connection) -> Result<Option<Secret>, Error> {
    let binding = connections::secret_binding(&connection.id);
    connection.secret_sealed.as_deref().map(|sealed| state.config.seal_keys.open_text(sealed, &binding)).transpose()
}
