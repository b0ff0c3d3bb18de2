//! How a GitHub App gets at a repository: with a token that it mints for this one alone.

use domain::Error;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::answer::Answer;
use super::call::{Call, Place, Session, authorized};
use super::later::now;
use super::minted::{Lent, Minted, MintedTokens, Purpose};
use super::shapes::Link;
use super::{failure, github};
use crate::Identifier;
use crate::app_key::AppKey;
use crate::payload::{self, Id, Member, Text};

/// A GitHub App in front of one repository.
pub(super) struct AppLogin<'a> {
    app: AppKey<'a>,
    identifier: &'a Identifier,
    tokens: &'a MintedTokens,
    purpose: Purpose,
}

impl<'a> AppLogin<'a> {
    /// `api` is where the API is.
    pub(super) fn new(app: AppKey<'a>, api: &str, identifier: &'a Identifier, tokens: &'a MintedTokens) -> Self {
        let purpose = Purpose {
            api: api.to_owned(),
            key: app.key().to_owned(),
            private_key: app.digest(),
            repository: identifier.to_string(),
        };
        Self { app, identifier, tokens, purpose }
    }

    /// Sends the call with a minted token, and once more with another one if the host takes a kept one no longer.
    pub(super) async fn send<'b>(&self, call: Call<'b>) -> Result<Answer<'b>, Error> {
        let again = call.try_clone();
        let lent = self.token(call.session()).await?;
        let answer = call.with(bearer(&lent)?).send_once().await?;
        // 403 is what a token gets whose App was suspended, or given a right, after it was minted.
        let is_stale = lent.was_kept && matches!(answer.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        let Some(again) = again.filter(|_| is_stale) else { return Ok(answer) };
        self.tokens.forget(&self.purpose, &lent.token).await;
        let lent = self.token(again.session()).await?;
        again.with(bearer(&lent)?).send_once().await
    }

    /// A token that is good for five more minutes.
    pub(super) async fn token(&self, session: &Session<'_>) -> Result<Lent, Error> {
        self.tokens.get_or_mint(&self.purpose, self.mint(session)).await
    }

    /// For a token that the host did not take from somebody else than us.
    pub(super) fn forget(&self) {
        self.tokens.forget_any(&self.purpose);
    }

    /// Whether a text gives away the minted token.
    pub(super) fn has_token_in(&self, text: &str) -> bool {
        self.tokens.is_in(&self.purpose, text)
    }

    async fn mint(&self, session: &Session<'_>) -> Result<Minted, Error> {
        let session = session.with_other_token(&self.app.sign(now())?)?;
        let installation = self.find_installation(&session).await?;
        let place = Place::new(["app", "installations", &installation, "access_tokens"]);
        let body = json!({"repositories": [self.identifier.repository()]});
        let answer = session.call(Method::POST, &place)?.json(&body).send_once().await?;
        match answer.status() {
            StatusCode::UNAUTHORIZED => Err(failure::wrong_app_key(session.host())),
            StatusCode::FORBIDDEN => Err(failure::no_token_for_app(session.host(), self.identifier)),
            // Gone since it was found, or found under an old name.
            StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => Err(self.not_installed(&session).await),
            _ => answer.expect(&format!("a token for {}", self.identifier))?.read(read_minted).await,
        }
    }

    /// The id of the installation that the repository belongs to.
    async fn find_installation(&self, session: &Session<'_>) -> Result<String, Error> {
        let answer = session.get(&github::repository(self.identifier).below("installation"))?.send_once().await?;
        match answer.status() {
            StatusCode::UNAUTHORIZED => return Err(failure::wrong_app_key(session.host())),
            StatusCode::NOT_FOUND => return Err(self.not_installed(session).await),
            _ => {}
        }
        let subject = format!("the installation of the GitHub App for {}", self.identifier);
        let found: InstallationMember = answer.expect(&subject)?.read(payload::parse).await?;
        let suspended = session.understand(|| found.suspended_at.get("suspended_at"))?;
        match suspended {
            Some(_) => Err(failure::suspended_app(session.host(), self.identifier)),
            None => session.understand(|| payload::required(found.id, "id")),
        }
    }

    /// The host says the same to an App that it does not know, so it is asked about the App itself. What it answers also
    /// knows where the App can be installed.
    async fn not_installed(&self, session: &Session<'_>) -> Error {
        let answer = match find_app(session).await {
            Ok(answer) => answer,
            Err(error) => return error,
        };
        let page = answer.read(payload::parse::<AppMember>).await.and_then(|app| app.html_url.get("html_url"));
        failure::not_installed(session.host(), self.identifier, page.ok().flatten().flatten().as_deref())
    }
}

/// Succeeds unless the host does not know the App that the session's token stands for.
pub(super) async fn check(session: &Session<'_>) -> Result<(), Error> {
    find_app(session).await.map(drop)
}

async fn find_app<'b>(session: &'b Session<'b>) -> Result<Answer<'b>, Error> {
    let answer = session.get(&Place::new(["app"]))?.send_once().await?;
    match answer.status() {
        StatusCode::UNAUTHORIZED => Err(failure::wrong_app_key(session.host())),
        StatusCode::NOT_FOUND => Err(failure::unknown_app(session.host())),
        _ => Ok(answer),
    }
}

fn bearer(lent: &Lent) -> Result<HeaderMap, Error> {
    authorized(Some(format!("Bearer {}", lent.token)))
}

fn read_minted(body: &[u8]) -> Result<Minted, Error> {
    let minted: MintedMember = payload::parse(body)?;
    let token = payload::required(minted.token, "token")?;
    if token.is_empty() {
        return Err(Error::invalid("token", "must not be empty"));
    }
    let expires_at = payload::required(minted.expires_at, "expires_at")?;
    let expires_at = OffsetDateTime::parse(&expires_at, &Rfc3339)
        .map_err(|_| Error::invalid("expires_at", "must be a time such as 2026-03-01T10:00:00Z"))?;
    Ok(Minted { token, expires_at: expires_at.unix_timestamp() })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct InstallationMember {
    id: Member<Id>,
    suspended_at: Member<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AppMember {
    html_url: Member<Link>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct MintedMember {
    token: Member<Text>,
    expires_at: Member<Text>,
}
