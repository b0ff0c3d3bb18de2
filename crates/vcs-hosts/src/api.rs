//! The REST calls of the hosts (wire-spec 17.1): whether a token is taken, what a repository is, its webhooks and commits.

mod access;
mod answer;
mod app;
mod azure;
mod bitbucket_cloud;
mod bitbucket_server;
mod call;
mod dialect;
mod facts;
mod failure;
mod gitea;
mod github;
mod gitlab;
mod hooks;
mod later;
mod minted;
mod page;
mod resolver;
mod shapes;
mod transport;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use domain::Error;
use outbound::AddressPolicy;
use tokio::time::timeout;

use crate::app_key::AppKey;
use crate::{Credentials, HostKind, Identifier};

use call::Session;
use dialect::{Dialect, dialect_of};
use minted::MintedTokens;
use transport::Transport;

pub use access::Access;
pub use facts::{Commit, NewWebhook, Registered, RepositoryFacts};

/// People wait for the answer.
const WHOLE_TIME: Duration = Duration::from_secs(5);
/// What every host gives in one answer.
const MOST_COMMITS: u8 = 100;

/// The REST calls of the hosts. Cheap to clone; one for a process, since it keeps the tokens that GitHub Apps mint.
///
/// Only addresses that the policy allows are called, without proxies. Every method takes at most five seconds. They fail
/// with [`Error::Unavailable`] when the same call may succeed later, with [`Error::Refused`] when it will not, and with
/// [`Error::Invalid`] for an identifier or credentials that cannot be right. No text holds a token or a secret.
#[derive(Clone)]
pub struct HostApi {
    transport: Arc<Transport>,
    tokens: Arc<MintedTokens>,
}

impl fmt::Debug for HostApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostApi").finish_non_exhaustive()
    }
}

impl HostApi {
    /// `authorities` are further certificate authorities beside those of the system, as PEM; may be empty.
    ///
    /// # Errors
    /// [`Error::Invalid`] for authorities that cannot be read.
    pub fn new(allowed: AddressPolicy, authorities: &[u8]) -> Result<Self, Error> {
        Ok(Self { transport: Arc::new(Transport::new(allowed, authorities)?), tokens: Arc::default() })
    }

    /// Whether the host takes the token: one cheap call. Only a 401 says no, since a good token may not be allowed this
    /// very call. Nothing is asked without a token, of plain Git, and of Azure DevOps where `http_url` names no
    /// organization. A GitHub App is asked about itself, wherever it may be installed.
    ///
    /// # Errors
    /// [`Error::Refused`] for a token, or a private key, that the host does not accept.
    pub async fn check(&self, access: &Access<'_>) -> Result<(), Error> {
        if let Some(app) = AppKey::of(access)? {
            let session = Session::start_with(&self.transport, access, Some(&app.sign(later::now())?))?;
            return in_time(&session, app::check(&session)).await;
        }
        let session = Session::start(&self.transport, access)?;
        let Some(dialect) = dialect_of(access.kind).filter(|_| session.has_token()) else { return Ok(()) };
        let Some(place) = dialect.place_to_check(access) else { return Ok(()) };
        in_time(&session, async { session.get(&place)?.send().await?.check_token() }).await
    }

    /// What the host says of a repository. `None` for plain Git, which has no API.
    ///
    /// # Errors
    /// [`Error::Refused`] for a repository that is not there, or that the token may not read.
    pub async fn find_repository(
        &self,
        access: &Access<'_>,
        identifier: &Identifier,
    ) -> Result<Option<RepositoryFacts>, Error> {
        let (session, Some(dialect)) = self.open(access, identifier)? else { return Ok(None) };
        in_time(&session, dialect.find_repository(&session, identifier)).await.map(Some)
    }

    /// Makes the host call `hook.url` when tags change. A webhook of that address that is there already gets the secret
    /// and is used again, so that repeating leaves one. [`Registered::Manual`] where the host does not let the token do
    /// it, and always for plain Git and without a token.
    ///
    /// # Errors
    /// [`Error::Refused`] for a host that cannot be understood, for a GitHub App that gets no token and, where it has to
    /// be looked at first, for a repository that is not there.
    pub async fn register_webhook(
        &self,
        access: &Access<'_>,
        identifier: &Identifier,
        hook: &NewWebhook<'_>,
    ) -> Result<Registered, Error> {
        let (session, Some(dialect)) = self.open(access, identifier)? else {
            return Ok(Registered::manual("plain Git servers have no API to register webhooks with"));
        };
        if !session.has_token() {
            return Ok(Registered::manual("the connection has no token to register webhooks with"));
        }
        in_time(&session, hooks::register(dialect, &session, identifier, hook)).await
    }

    /// The id of the webhook that calls `url`; `None` if there is none, and for plain Git.
    ///
    /// # Errors
    /// [`Error::Refused`] when the host does not let the token look at webhooks.
    pub async fn find_webhook(
        &self,
        access: &Access<'_>,
        identifier: &Identifier,
        url: &str,
    ) -> Result<Option<String>, Error> {
        let (session, Some(dialect)) = self.open(access, identifier)? else { return Ok(None) };
        in_time(&session, hooks::find(dialect, &session, identifier, url)).await
    }

    /// Makes the host forget a webhook. One that is gone already is a success, and so is plain Git.
    ///
    /// # Errors
    /// [`Error::Refused`] when the host does not let the token do it.
    pub async fn remove_webhook(
        &self,
        access: &Access<'_>,
        identifier: &Identifier,
        hook_id: &str,
    ) -> Result<(), Error> {
        let (session, Some(dialect)) = self.open(access, identifier)? else { return Ok(()) };
        in_time(&session, hooks::remove(dialect, &session, identifier, hook_id)).await
    }

    /// The commits of a branch (`None`: the default one), newest first, at most `limit` and never more than 100. `None`
    /// for plain Git. A repository without commits has an empty list where the host tells it from a missing one.
    ///
    /// # Errors
    /// [`Error::Refused`] for a repository or branch that is not there, or that the token may not read.
    pub async fn list_commits(
        &self,
        access: &Access<'_>,
        identifier: &Identifier,
        branch: Option<&str>,
        limit: u8,
    ) -> Result<Option<Vec<Commit>>, Error> {
        let (session, Some(dialect)) = self.open(access, identifier)? else { return Ok(None) };
        let limit = limit.clamp(1, MOST_COMMITS);
        let mut commits = in_time(&session, dialect.list_commits(&session, identifier, branch, limit)).await?;
        commits.truncate(limit.into());
        Ok(Some(commits))
    }

    /// As whom to clone. For a GitHub App it is a token that is minted for this repository alone and good for at least
    /// five more minutes, for every other kind what [`Credentials::new`] makes, without asking anybody. None where
    /// repositories are fetched over SSH.
    ///
    /// # Errors
    /// [`Error::Invalid`] as that of [`Credentials::new`]; [`Error::Refused`] where the App is not known, not installed, or
    /// suspended.
    pub async fn credentials(
        &self,
        access: &Access<'_>,
        identifier: &Identifier,
    ) -> Result<Option<Credentials>, Error> {
        if access.kind != HostKind::GithubApp {
            return access.credentials();
        }
        let (session, _) = self.open(access, identifier)?;
        let Some(app) = session.app() else { return Ok(None) };
        let lent = in_time(&session, app.token(&session)).await?;
        Ok(Some(Credentials::minted(lent.token)))
    }

    /// Forgets the token that [`Self::credentials`] gave, since the host did not take it: it may end before its time, for
    /// instance when the App is removed and installed again. Nothing to do for other kinds than GitHub Apps.
    pub fn forget_credentials(&self, access: &Access<'_>, identifier: &Identifier) {
        if let Ok((session, _)) = self.open(access, identifier)
            && let Some(app) = session.app()
        {
            app.forget();
        }
    }

    /// No dialect for plain Git.
    fn open<'a>(
        &'a self,
        access: &Access<'a>,
        identifier: &'a Identifier,
    ) -> Result<(Session<'a>, Option<&'static dyn Dialect>), Error> {
        identifier.check_for(access.kind)?;
        let session = match AppKey::of(access)? {
            Some(app) => Session::start_as_app(&self.transport, access, app, (identifier, &self.tokens))?,
            None => Session::start(&self.transport, access)?,
        };
        Ok((session, dialect_of(access.kind)))
    }
}

async fn in_time<T>(session: &Session<'_>, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    timeout(WHOLE_TIME, call).await.unwrap_or_else(|_| Err(failure::too_slow(session.host(), WHOLE_TIME)))
}
