//! GitLab in all editions.

use async_trait::async_trait;
use domain::Error;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Place, Session, authorized};
use super::dialect::Dialect;
use super::hooks::{Hooks, Listed, Renewal};
use super::shapes::{Link, Moment, Prose, Sha};
use super::{Access, Commit, NewWebhook, RepositoryFacts};
use crate::Identifier;
use crate::payload::{self, Id, Member, Text};

pub(super) struct Gitlab;

#[async_trait]
impl Dialect for Gitlab {
    fn base(&self, access: &Access<'_>) -> String {
        access.api_ending_in(&["/api/v4"])
    }

    /// This form also takes tokens of OAuth, which `PRIVATE-TOKEN` does not.
    fn headers(&self, _: &Access<'_>, token: Option<&str>) -> Result<HeaderMap, Error> {
        authorized(token.map(|token| format!("Bearer {token}")))
    }

    fn place_to_check(&self, _: &Access<'_>) -> Option<Place> {
        Some(Place::new(["user"]))
    }

    async fn find_repository(&self, session: &Session<'_>, identifier: &Identifier) -> Result<RepositoryFacts, Error> {
        let place = project(identifier);
        let found: ProjectMember = session.read(&place, (identifier, None), payload::parse).await?;
        session.understand(|| {
            Ok(RepositoryFacts {
                remote_id: payload::required(found.id, "id")?,
                description: found.description.get("description")?.unwrap_or_default(),
                web_url: session.web_url(found.web_url.get("web_url")?.flatten(), identifier)?,
                default_branch: found.default_branch.get("default_branch")?,
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
        let place = project(identifier).below("repository").below("commits");
        let place = place.maybe_query("ref_name", branch).query("per_page", limit);
        let found: Vec<CommitMember> = session.read(&place, (identifier, branch), payload::parse_list).await?;
        session.understand(|| found.into_iter().map(|found| understood(session, identifier, found)).collect())
    }

    fn hooks(&self, _: &Access<'_>, identifier: &Identifier) -> Result<Hooks, Error> {
        let place = project(identifier).below("hooks");
        Ok(Hooks {
            list: place.clone().query("per_page", 100),
            place,
            read_list: read_hooks,
            read_id: |body| payload::required(payload::parse::<HookMember>(body)?.id, "id"),
            renewal: Renewal::Put,
            right: "the scope api and the role Maintainer",
        })
    }

    async fn hook_body(&self, _: &Session<'_>, _: &Identifier, hook: &NewWebhook<'_>) -> Result<Value, Error> {
        Ok(json!({
            "url": hook.url,
            "token": hook.secret,
            "push_events": false,
            "tag_push_events": true,
            "enable_ssl_verification": true
        }))
    }
}

/// Its whole path is one piece.
fn project(identifier: &Identifier) -> Place {
    Place::new(["projects", identifier.as_str()])
}

fn understood(session: &Session<'_>, identifier: &Identifier, found: CommitMember) -> Result<Commit, Error> {
    let sha = payload::required(found.id, "[].id")?;
    Ok(Commit {
        message: found.message.get("[].message")?.unwrap_or_default(),
        author: found.author_name.get("[].author_name")?.unwrap_or_default(),
        author_url: None,
        avatar_url: None,
        date: found.committed_date.get("[].committed_date")?,
        url: session.commit_url(found.web_url.get("[].web_url")?.flatten(), identifier, &["-", "commit", &sha])?,
        sha,
    })
}

fn read_hooks(body: &[u8]) -> Result<Vec<Listed>, Error> {
    let found: Vec<HookMember> = payload::parse_list(body)?;
    let listed = found.into_iter().map(|hook| {
        let url = hook.url.get("[].url")?.unwrap_or_default();
        Ok(Listed { id: payload::required(hook.id, "[].id")?, url })
    });
    listed.collect()
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ProjectMember {
    id: Member<Id>,
    description: Member<Prose>,
    web_url: Member<Link>,
    default_branch: Member<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CommitMember {
    id: Member<Sha>,
    message: Member<Prose>,
    author_name: Member<Prose>,
    committed_date: Member<Moment>,
    web_url: Member<Link>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct HookMember {
    id: Member<Id>,
    url: Member<Prose>,
}
