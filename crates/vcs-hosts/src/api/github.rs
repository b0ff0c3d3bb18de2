//! GitHub and GitHub Enterprise Server. Gitea speaks much of the same.

use async_trait::async_trait;
use domain::Error;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Place, Session, authorized};
use super::dialect::Dialect;
use super::hooks::{Hooks, Listed, Renewal};
use super::shapes::{Link, Moment, Prose, Sha};
use super::{Access, Commit, NewWebhook, RepositoryFacts};
use crate::payload::{self, Id, Member, Object, Text};
use crate::{HostKind, Identifier};

/// Where the public API of `github.com`, or of a tenant of `ghe.com`, is.
const PUBLIC_HOST: &str = "github.com";
const TENANTS: &str = ".ghe.com";
const API_PREFIX: &str = "api.";

pub(super) struct Github;

#[async_trait]
impl Dialect for Github {
    fn base(&self, access: &Access<'_>) -> String {
        let host = access.api_url.host();
        match host.starts_with(API_PREFIX) {
            true => access.api_url.to_string(),
            false if host == PUBLIC_HOST || host.ends_with(TENANTS) => format!("https://{API_PREFIX}{host}"),
            false => access.api_ending_in(&["/api/v3"]),
        }
    }

    fn headers(&self, _: &Access<'_>, token: Option<&str>) -> Result<HeaderMap, Error> {
        let mut headers = authorized(token.map(|token| format!("Bearer {token}")))?;
        headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
        Ok(headers)
    }

    /// Nobody asks it for an App, which is no user.
    fn place_to_check(&self, _: &Access<'_>) -> Option<Place> {
        Some(Place::new(["user"]))
    }

    async fn find_repository(&self, session: &Session<'_>, identifier: &Identifier) -> Result<RepositoryFacts, Error> {
        find_repository(session, identifier).await
    }

    async fn list_commits(
        &self,
        session: &Session<'_>,
        identifier: &Identifier,
        branch: Option<&str>,
        limit: u8,
    ) -> Result<Vec<Commit>, Error> {
        let place = repository(identifier).below("commits").maybe_query("sha", branch).query("per_page", limit);
        list_commits(session, identifier, branch, place).await
    }

    fn hooks(&self, access: &Access<'_>, identifier: &Identifier) -> Result<Hooks, Error> {
        let place = repository(identifier).below("hooks");
        Ok(Hooks {
            list: place.clone().query("per_page", 100),
            place,
            read_list: read_hooks,
            read_id: read_hook_id,
            renewal: Renewal::PatchWithout("name"),
            right: match access.kind {
                HostKind::GithubApp => "the permission Webhooks: write of the App, accepted where it is installed",
                _ => "the scope admin:repo_hook, or the permission Webhooks: write",
            },
        })
    }

    async fn hook_body(&self, _: &Session<'_>, _: &Identifier, hook: &NewWebhook<'_>) -> Result<Value, Error> {
        Ok(json!({
            "name": "web",
            "active": true,
            "events": ["push"],
            "config": {"url": hook.url, "content_type": "json", "secret": hook.secret, "insecure_ssl": "0"}
        }))
    }
}

/// Where a repository is.
pub(super) fn repository(identifier: &Identifier) -> Place {
    Place::new(["repos"].into_iter().chain(identifier.segments()))
}

pub(super) async fn find_repository(session: &Session<'_>, identifier: &Identifier) -> Result<RepositoryFacts, Error> {
    let place = repository(identifier);
    let found: RepositoryMember = session.read(&place, (identifier, None), payload::parse).await?;
    session.understand(|| {
        Ok(RepositoryFacts {
            remote_id: payload::required(found.id, "id")?,
            description: found.description.get("description")?.unwrap_or_default(),
            web_url: session.web_url(found.html_url.get("html_url")?.flatten(), identifier)?,
            default_branch: found.default_branch.get("default_branch")?,
        })
    })
}

pub(super) async fn list_commits(
    session: &Session<'_>,
    identifier: &Identifier,
    branch: Option<&str>,
    place: Place,
) -> Result<Vec<Commit>, Error> {
    let answer = session.get(&place)?.send().await?;
    // A repository without commits.
    if answer.status() == reqwest::StatusCode::CONFLICT {
        return Ok(Vec::new());
    }
    let found: Vec<CommitMember> = answer.expect(&session.about(identifier, branch))?.read(payload::parse_list).await?;
    session.understand(|| found.into_iter().map(|found| understood(session, identifier, found)).collect())
}

fn understood(session: &Session<'_>, identifier: &Identifier, found: CommitMember) -> Result<Commit, Error> {
    let sha = payload::required(found.sha, "[].sha")?;
    let inner = found.commit.get("[].commit")?.unwrap_or_default();
    let signature = inner.author.get("[].commit.author")?.unwrap_or_default();
    let committer = inner.committer.get("[].commit.committer")?.unwrap_or_default();
    let author = found.author.get("[].author")?.unwrap_or_default();
    let (login, name) = (author.login.get("[].author.login")?, signature.name.get("[].commit.author.name")?);
    let (committed, written) =
        (committer.date.get("[].commit.committer.date")?, signature.date.get("[].commit.author.date")?);
    Ok(Commit {
        message: inner.message.get("[].commit.message")?.unwrap_or_default(),
        author: login.filter(|login| !login.is_empty()).or(name).unwrap_or_default(),
        author_url: author.html_url.get("[].author.html_url")?.flatten(),
        avatar_url: author.avatar_url.get("[].author.avatar_url")?.flatten(),
        date: committed.or(written),
        url: session.commit_url(found.html_url.get("[].html_url")?.flatten(), identifier, &["commit", &sha])?,
        sha,
    })
}

pub(super) fn read_hooks(body: &[u8]) -> Result<Vec<Listed>, Error> {
    let found: Vec<HookMember> = payload::parse_list(body)?;
    let listed = found.into_iter().map(|hook| {
        let config = hook.config.get("[].config")?.unwrap_or_default();
        let url = config.url.get("[].config.url")?.unwrap_or_default();
        Ok(Listed { id: payload::required(hook.id, "[].id")?, url })
    });
    listed.collect()
}

pub(super) fn read_hook_id(body: &[u8]) -> Result<String, Error> {
    payload::required(payload::parse::<HookMember>(body)?.id, "id")
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RepositoryMember {
    id: Member<Id>,
    description: Member<Prose>,
    html_url: Member<Link>,
    default_branch: Member<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CommitMember {
    sha: Member<Sha>,
    html_url: Member<Link>,
    commit: Member<Object<Inner>>,
    /// `null` when the host knows nobody of that name.
    author: Member<Object<Account>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Inner {
    message: Member<Prose>,
    author: Member<Object<Signature>>,
    committer: Member<Object<Signature>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Signature {
    name: Member<Prose>,
    date: Member<Moment>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Account {
    login: Member<Prose>,
    html_url: Member<Link>,
    avatar_url: Member<Link>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct HookMember {
    id: Member<Id>,
    config: Member<Object<Config>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Config {
    url: Member<Prose>,
}
