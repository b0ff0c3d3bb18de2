//! Gitea and Forgejo: much as GitHub, below another base and with another way to say who asks.

use async_trait::async_trait;
use domain::Error;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::call::{Place, Session, authorized};
use super::dialect::Dialect;
use super::hooks::{Hooks, Renewal};
use super::{Access, Commit, NewWebhook, RepositoryFacts, github};
use crate::Identifier;

pub(super) struct Gitea;

#[async_trait]
impl Dialect for Gitea {
    fn base(&self, access: &Access<'_>) -> String {
        access.api_ending_in(&["/api/v1"])
    }

    fn headers(&self, _: &Access<'_>, token: Option<&str>) -> Result<HeaderMap, Error> {
        authorized(token.map(|token| format!("token {token}")))
    }

    fn place_to_check(&self, _: &Access<'_>) -> Option<Place> {
        Some(Place::new(["user"]))
    }

    async fn find_repository(&self, session: &Session<'_>, identifier: &Identifier) -> Result<RepositoryFacts, Error> {
        github::find_repository(session, identifier).await
    }

    async fn list_commits(
        &self,
        session: &Session<'_>,
        identifier: &Identifier,
        branch: Option<&str>,
        limit: u8,
    ) -> Result<Vec<Commit>, Error> {
        let place = github::repository(identifier).below("commits").maybe_query("sha", branch).query("limit", limit);
        // What is not needed here and costs the server much.
        let place = place.query("stat", false).query("verification", false).query("files", false);
        github::list_commits(session, identifier, branch, place).await
    }

    fn hooks(&self, _: &Access<'_>, identifier: &Identifier) -> Result<Hooks, Error> {
        let place = github::repository(identifier).below("hooks");
        Ok(Hooks {
            list: place.clone().query("limit", 50),
            place,
            read_list: github::read_hooks,
            read_id: github::read_hook_id,
            renewal: Renewal::Anew,
            right: "the scope write:repository, and its user to administer the repository",
        })
    }

    /// Forgejo takes this type, too.
    async fn hook_body(&self, _: &Session<'_>, _: &Identifier, hook: &NewWebhook<'_>) -> Result<Value, Error> {
        Ok(json!({
            "type": "gitea",
            "active": true,
            "events": ["push", "create", "delete"],
            "config": {"url": hook.url, "content_type": "json", "secret": hook.secret}
        }))
    }
}
