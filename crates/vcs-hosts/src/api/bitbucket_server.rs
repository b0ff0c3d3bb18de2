//! Bitbucket Data Center, and Bitbucket Server before it.

use async_trait::async_trait;
use domain::Error;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Place, Session, authorized};
use super::dialect::Dialect;
use super::hooks::{Hooks, Listed, Renewal};
use super::page::Page;
use super::shapes::{Moment, Prose, Sha};
use super::{Access, Commit, NewWebhook, RepositoryFacts};
use crate::Identifier;
use crate::payload::{self, Id, Member, Object};

pub(super) struct BitbucketServer;

#[async_trait]
impl Dialect for BitbucketServer {
    fn base(&self, access: &Access<'_>) -> String {
        access.api_ending_in(&["/rest/api/1.0", "/rest/api/latest"])
    }

    fn headers(&self, _: &Access<'_>, token: Option<&str>) -> Result<HeaderMap, Error> {
        authorized(token.map(|token| format!("Bearer {token}")))
    }

    /// Also for the tokens of projects and repositories, which have no user.
    fn place_to_check(&self, _: &Access<'_>) -> Option<Place> {
        Some(Place::new(["projects"]).query("limit", 1))
    }

    /// The host says where people look at it in the terms of its own base address; ours is the one that the owner gave.
    async fn find_repository(&self, session: &Session<'_>, identifier: &Identifier) -> Result<RepositoryFacts, Error> {
        let place = repository(identifier);
        let found: RepositoryMember = session.read(&place, (identifier, None), payload::parse).await?;
        session.understand(|| {
            Ok(RepositoryFacts {
                remote_id: payload::required(found.id, "id")?,
                description: found.description.get("description")?.unwrap_or_default(),
                web_url: session.web_url(None, identifier)?,
                default_branch: None,
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
        let until = branch.map(|branch| format!("refs/heads/{branch}"));
        let place = repository(identifier).below("commits").maybe_query("until", until).query("limit", limit);
        let found: Page<CommitMember> = session.read(&place, (identifier, branch), payload::parse).await?;
        session.understand(|| found.list()?.into_iter().map(|found| understood(session, identifier, found)).collect())
    }

    fn hooks(&self, _: &Access<'_>, identifier: &Identifier) -> Result<Hooks, Error> {
        let place = repository(identifier).below("webhooks");
        Ok(Hooks {
            list: place.clone().query("limit", 100),
            place,
            read_list: read_hooks,
            read_id: |body| payload::required(payload::parse::<HookMember>(body)?.id, "id"),
            renewal: Renewal::Put,
            right: "the permission to administer the repository",
        })
    }

    async fn hook_body(&self, _: &Session<'_>, _: &Identifier, hook: &NewWebhook<'_>) -> Result<Value, Error> {
        Ok(json!({
            "name": "module registry",
            "url": hook.url,
            "active": true,
            "events": ["repo:refs_changed"],
            "configuration": {"secret": hook.secret}
        }))
    }
}

fn repository(identifier: &Identifier) -> Place {
    let owner = identifier.segments().next().unwrap_or_default();
    Place::new(["projects", owner, "repos", identifier.repository()])
}

fn understood(session: &Session<'_>, identifier: &Identifier, found: CommitMember) -> Result<Commit, Error> {
    let sha = payload::required(found.id, "values[].id")?;
    let author = found.author.get("values[].author")?.unwrap_or_default();
    let committed = found.committer_timestamp.get("values[].committerTimestamp")?;
    Ok(Commit {
        message: found.message.get("values[].message")?.unwrap_or_default(),
        author: author.name.get("values[].author.name")?.unwrap_or_default(),
        author_url: None,
        avatar_url: None,
        date: committed.or(found.author_timestamp.get("values[].authorTimestamp")?),
        url: session.commit_url(None, identifier, &["commits", &sha])?,
        sha,
    })
}

fn read_hooks(body: &[u8]) -> Result<Vec<Listed>, Error> {
    let found: Page<HookMember> = payload::parse(body)?;
    let listed = found.list()?.into_iter().map(|hook| {
        let url = hook.url.get("values[].url")?.unwrap_or_default();
        Ok(Listed { id: payload::required(hook.id, "values[].id")?, url })
    });
    listed.collect()
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RepositoryMember {
    id: Member<Id>,
    description: Member<Prose>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct CommitMember {
    id: Member<Sha>,
    message: Member<Prose>,
    author: Member<Object<Author>>,
    author_timestamp: Member<Moment>,
    committer_timestamp: Member<Moment>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Author {
    name: Member<Prose>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct HookMember {
    id: Member<Id>,
    url: Member<Prose>,
}
