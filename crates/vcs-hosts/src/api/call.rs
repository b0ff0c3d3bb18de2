//! One request: where to, and what with.

use domain::Error;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Body, Method, Request};
use serde_json::Value;
use url::Url;

use super::answer::Answer;
use super::app::AppLogin;
use super::dialect::dialect_of;
use super::minted::MintedTokens;
use super::transport::{Transport, host_of};
use super::{Access, failure};
use crate::app_key::AppKey;
use crate::escape::escaped;
use crate::{Identifier, web_address};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Where something is below the base of an API.
#[derive(Clone)]
pub(super) struct Place {
    pieces: Vec<String>,
    query: Vec<(&'static str, String)>,
}

impl Place {
    /// The pieces of a path, not escaped.
    pub(super) fn new<'p>(pieces: impl IntoIterator<Item = &'p str>) -> Self {
        Self { pieces: pieces.into_iter().map(str::to_owned).collect(), query: Vec::new() }
    }

    pub(super) fn below(mut self, piece: &str) -> Self {
        self.pieces.push(piece.to_owned());
        self
    }

    pub(super) fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    /// For what may be left out.
    pub(super) fn maybe_query(self, name: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    fn url(&self, base: &str) -> Result<Url, Error> {
        // An address would swallow these, escaped or not.
        if self.pieces.iter().any(|piece| matches!(piece.as_str(), "" | "." | "..")) {
            return Err(Error::invalid("a name", "must not be empty, . or .."));
        }
        let mut text = base.to_owned();
        for piece in &self.pieces {
            text.push('/');
            text.push_str(&escaped(piece));
        }
        let mut url = Url::parse(&text).map_err(|_| Error::invalid("api-url", "cannot be called"))?;
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok(url)
    }
}

/// A host, as one connection may use it.
pub(super) struct Session<'a> {
    pub(super) access: Access<'a>,
    transport: &'a Transport,
    base: String,
    host: String,
    headers: HeaderMap,
    /// Whose tokens are minted when they are needed.
    app: Option<AppLogin<'a>>,
}

impl<'a> Session<'a> {
    pub(super) fn start(transport: &'a Transport, access: &Access<'a>) -> Result<Self, Error> {
        let credentials = access.credentials()?;
        Self::start_with(transport, access, credentials.as_ref().map(|credentials| credentials.password.as_str()))
    }

    /// As a GitHub App that asks about one repository.
    pub(super) fn start_as_app(
        transport: &'a Transport,
        access: &Access<'a>,
        app: AppKey<'a>,
        (identifier, tokens): (&'a Identifier, &'a MintedTokens),
    ) -> Result<Self, Error> {
        let mut session = Self::start_with(transport, access, None)?;
        session.app = Some(AppLogin::new(app, &session.base, identifier, tokens));
        Ok(session)
    }

    /// With another token than that of the connection.
    pub(super) fn start_with(
        transport: &'a Transport,
        access: &Access<'a>,
        token: Option<&str>,
    ) -> Result<Self, Error> {
        let (base, headers) = match dialect_of(access.kind) {
            Some(dialect) => (dialect.base(access), dialect.headers(access, token)?),
            None => (access.api_url.to_string(), HeaderMap::new()),
        };
        let host = Url::parse(&base).map(|url| host_of(&url)).unwrap_or_default();
        Ok(Self { access: *access, transport, base, host, headers, app: None })
    }

    /// For people.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// The same host, asked with another token.
    pub(super) fn with_other_token(&self, token: &str) -> Result<Session<'a>, Error> {
        Session::start_with(self.transport, &self.access, Some(token))
    }

    pub(super) fn app(&self) -> Option<&AppLogin<'a>> {
        self.app.as_ref()
    }

    /// Whether a text gives away the token of the connection, or the one that was minted.
    pub(super) fn has_secret_in(&self, text: &str) -> bool {
        self.access.token.is_some_and(|token| !token.is_empty() && text.contains(token))
            || self.app.as_ref().is_some_and(|app| app.has_token_in(text))
    }

    pub(super) fn has_token(&self) -> bool {
        self.access.token.is_some_and(|token| !token.is_empty())
    }

    pub(super) fn get(&self, place: &Place) -> Result<Call<'_>, Error> {
        self.call(Method::GET, place)
    }

    pub(super) fn call(&self, method: Method, place: &Place) -> Result<Call<'_>, Error> {
        let mut request = Request::new(method, place.url(&self.base)?);
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().entry(ACCEPT).or_insert(JSON);
        Ok(Call { session: self, request })
    }

    /// What is at `place`, as `parse` understands it, about a repository or one of its branches.
    pub(super) async fn read<T>(
        &self,
        place: &Place,
        (identifier, branch): (&Identifier, Option<&str>),
        parse: impl FnOnce(&[u8]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.get(place)?.send().await?.expect(&self.about(identifier, branch))?.read(parse).await
    }

    /// What is asked about, for people.
    pub(super) fn about(&self, identifier: &Identifier, branch: Option<&str>) -> String {
        match branch {
            Some(branch) => format!("the repository {identifier} or its branch {branch}"),
            None => format!("the repository {identifier}"),
        }
    }

    /// For members of an answer, read one by one: what is wrong is the host's mistake.
    pub(super) fn understand<T>(&self, read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        read().map_err(|error| failure::misunderstood(&self.host, error))
    }

    /// Where people look at a commit: what the host says, or else where it should be below its repository.
    pub(super) fn commit_url(
        &self,
        said: Option<String>,
        identifier: &Identifier,
        below: &[&str],
    ) -> Result<String, Error> {
        match said {
            Some(said) => Ok(said),
            None => Ok(format!("{}/{}", self.web_url(None, identifier)?, below.join("/"))),
        }
    }

    /// What the host says, or else where it should be.
    pub(super) fn web_url(&self, said: Option<String>, identifier: &Identifier) -> Result<String, Error> {
        said.map_or_else(|| web_address(self.access.kind, self.access.http_url, identifier), Ok)
    }
}

pub(super) struct Call<'a> {
    session: &'a Session<'a>,
    request: Request,
}

impl<'a> Call<'a> {
    pub(super) fn json(mut self, body: &Value) -> Self {
        self.request.headers_mut().insert(CONTENT_TYPE, JSON);
        *self.request.body_mut() = Some(Body::from(body.to_string()));
        self
    }

    pub(super) fn session(&self) -> &'a Session<'a> {
        self.session
    }

    pub(super) fn with(mut self, headers: HeaderMap) -> Self {
        self.request.headers_mut().extend(headers);
        self
    }

    pub(super) fn try_clone(&self) -> Option<Self> {
        Some(Self { session: self.session, request: self.request.try_clone()? })
    }

    /// An answer that will not change; what may be better later is an error.
    pub(super) async fn send(self) -> Result<Answer<'a>, Error> {
        match self.session.app() {
            Some(app) => app.send(self).await,
            None => self.send_once().await,
        }
    }

    /// The same, with what it carries and nothing else.
    pub(super) async fn send_once(self) -> Result<Answer<'a>, Error> {
        let response = self.session.transport.send(self.request).await?;
        let answer = Answer::new(self.session, response);
        match answer.reason_to_wait() {
            Some((reason, None)) => Err(failure::passing(self.session.host(), &reason)),
            Some((reason, Some(seconds))) => Err(failure::later(self.session.host(), &reason, seconds)),
            None => Ok(answer),
        }
    }
}

/// `Authorization` with this value, if there is one.
pub(super) fn authorized(value: Option<String>) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    if let Some(value) = value {
        let value = HeaderValue::from_bytes(value.as_bytes());
        let mut value =
            value.map_err(|_| Error::invalid("oauth-token-string", "must not contain control characters"))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}
