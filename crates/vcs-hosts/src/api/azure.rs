//! Azure DevOps, both services and server. Its webhooks are subscriptions of the organization, not of the repository.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Error;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Place, Session, authorized};
use super::dialect::Dialect;
use super::hooks::{Hooks, Listed, Renewal};
use super::page::Page;
use super::shapes::{Link, Moment, Prose, Sha};
use super::{Access, Commit, NewWebhook, RepositoryFacts};
use crate::Identifier;
use crate::azure::{AzureRepository, organization_below, organization_of};
use crate::payload::{self, Id, Member, Object, Text};

/// Asks for a 401 instead of a page to sign in at.
const SUPPRESS_SIGN_IN: HeaderName = HeaderName::from_static("x-tfs-fedauthredirect");
const VERSION: &str = "api-version";
const GIT_VERSION: &str = "7.0";
const HOOKS_VERSION: &str = "7.1";
const BRANCHES: &str = "refs/heads/";

pub(super) struct Azure;

#[async_trait]
impl Dialect for Azure {
    fn base(&self, access: &Access<'_>) -> String {
        access.api_url.to_string()
    }

    fn headers(&self, _: &Access<'_>, token: Option<&str>) -> Result<HeaderMap, Error> {
        let mut headers = authorized(token.map(|token| format!("Basic {}", STANDARD.encode(format!(":{token}")))))?;
        headers.insert(SUPPRESS_SIGN_IN, HeaderValue::from_static("Suppress"));
        Ok(headers)
    }

    fn place_to_check(&self, access: &Access<'_>) -> Option<Place> {
        let organization = organization_of(access.kind, access.http_url)?;
        let place = below_organization(access, organization, ["_apis", "git", "repositories"]);
        Some(place.query(VERSION, GIT_VERSION))
    }

    async fn find_repository(&self, session: &Session<'_>, identifier: &Identifier) -> Result<RepositoryFacts, Error> {
        let found = find(session, identifier).await?;
        session.understand(|| {
            let project = found.project.get("project")?.unwrap_or_default();
            let branch = found.default_branch.get("defaultBranch")?;
            Ok(RepositoryFacts {
                remote_id: payload::required(found.id, "id")?,
                description: project.description.get("project.description")?.unwrap_or_default(),
                web_url: session.web_url(found.web_url.get("webUrl")?.flatten(), identifier)?,
                default_branch: branch.map(|branch| branch.trim_start_matches(BRANCHES).to_owned()),
            })
        })
    }

    async fn list_commits(
        &self,
        session: &Session<'_>,
        identifier: &Identifier,
        branch: Option<&str>,
        limit: u8,
    ) -> Result<Vec<Commit>, Error> {
        let place = repository(&session.access, identifier)?.below("commits").query("searchCriteria.$top", limit);
        let place = place
            .maybe_query("searchCriteria.itemVersion.version", branch)
            .maybe_query("searchCriteria.itemVersion.versionType", branch.map(|_| "branch"))
            .query(VERSION, GIT_VERSION);
        let found: Page<CommitMember> = session.read(&place, (identifier, branch), payload::parse).await?;
        session.understand(|| found.list()?.into_iter().map(|found| understood(session, identifier, found)).collect())
    }

    fn hooks(&self, access: &Access<'_>, identifier: &Identifier) -> Result<Hooks, Error> {
        let found = AzureRepository::find(access.kind, access.http_url, identifier)?;
        let place = below_organization(access, found.organization, ["_apis", "hooks", "subscriptions"]);
        let place = place.query(VERSION, HOOKS_VERSION);
        let list = place.clone().query("publisherId", "tfs").query("eventType", "git.push");
        Ok(Hooks {
            list: list.query("consumerId", "webHooks").query("consumerActionId", "httpRequest"),
            place,
            read_list: read_hooks,
            read_id: |body| payload::required(payload::parse::<HookMember>(body)?.id, "id"),
            renewal: Renewal::Put,
            right: "the right to read code, and its user to edit the subscriptions of the project",
        })
    }

    async fn hook_body(
        &self,
        session: &Session<'_>,
        identifier: &Identifier,
        hook: &NewWebhook<'_>,
    ) -> Result<Value, Error> {
        let found = find(session, identifier).await?;
        let (project_id, repository_id) = session.understand(|| {
            let project = found.project.get("project")?.unwrap_or_default();
            Ok((payload::required(project.id, "project.id")?, payload::required(found.id, "id")?))
        })?;
        // No branch: it would hide tags. The three details must be whole, or the payload has no refs.
        Ok(json!({
            "publisherId": "tfs",
            "eventType": "git.push",
            "resourceVersion": "1.0",
            "consumerId": "webHooks",
            "consumerActionId": "httpRequest",
            "publisherInputs": {"projectId": project_id, "repository": repository_id},
            "consumerInputs": {
                "url": hook.url,
                "basicAuthUsername": "registry",
                "basicAuthPassword": hook.secret,
                "resourceDetailsToSend": "all",
                "messagesToSend": "all",
                "detailedMessagesToSend": "all"
            }
        }))
    }
}

async fn find(session: &Session<'_>, identifier: &Identifier) -> Result<RepositoryMember, Error> {
    let place = repository(&session.access, identifier)?.query(VERSION, GIT_VERSION);
    session.read(&place, (identifier, None), payload::parse).await
}

fn repository(access: &Access<'_>, identifier: &Identifier) -> Result<Place, Error> {
    let found = AzureRepository::find(access.kind, access.http_url, identifier)?;
    let pieces = [found.project, "_apis", "git", "repositories", found.repository];
    Ok(below_organization(access, found.organization, pieces))
}

/// `api_url` may lead to the organization already, or not yet.
fn below_organization<'p>(
    access: &Access<'_>,
    organization: &'p str,
    pieces: impl IntoIterator<Item = &'p str>,
) -> Place {
    let organization = organization_below(access.kind, access.api_url, organization);
    Place::new(organization.into_iter().chain(pieces))
}

fn understood(session: &Session<'_>, identifier: &Identifier, found: CommitMember) -> Result<Commit, Error> {
    let sha = payload::required(found.commit_id, "value[].commitId")?;
    let author = found.author.get("value[].author")?.unwrap_or_default();
    let committer = found.committer.get("value[].committer")?.unwrap_or_default();
    let committed = committer.date.get("value[].committer.date")?;
    Ok(Commit {
        message: found.comment.get("value[].comment")?.unwrap_or_default(),
        author: author.name.get("value[].author.name")?.unwrap_or_default(),
        author_url: None,
        avatar_url: None,
        date: committed.or(author.date.get("value[].author.date")?),
        url: session.commit_url(found.remote_url.get("value[].remoteUrl")?.flatten(), identifier, &["commit", &sha])?,
        sha,
    })
}

fn read_hooks(body: &[u8]) -> Result<Vec<Listed>, Error> {
    let found: Page<HookMember> = payload::parse(body)?;
    let listed = found.list()?.into_iter().map(|hook| {
        let inputs = hook.consumer_inputs.get("value[].consumerInputs")?.unwrap_or_default();
        let url = inputs.url.get("value[].consumerInputs.url")?.unwrap_or_default();
        Ok(Listed { id: payload::required(hook.id, "value[].id")?, url })
    });
    listed.collect()
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RepositoryMember {
    id: Member<Id>,
    project: Member<Object<Project>>,
    web_url: Member<Link>,
    default_branch: Member<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Project {
    id: Member<Id>,
    description: Member<Prose>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct CommitMember {
    commit_id: Member<Sha>,
    comment: Member<Prose>,
    author: Member<Object<Signature>>,
    committer: Member<Object<Signature>>,
    remote_url: Member<Link>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Signature {
    name: Member<Prose>,
    date: Member<Moment>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct HookMember {
    id: Member<Id>,
    consumer_inputs: Member<Object<Inputs>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Inputs {
    url: Member<Prose>,
}
