//! What every scenario begins with: a registry, a Git server, clients, and a history.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{Api, GitServer};

use super::client::{Call, Client};
use super::engines::Engines;
use super::history::History;
use super::plan::Plan;
use super::random::Random;
use super::sample::Sample;
use super::system::System;
use super::workload::Workload;
use super::{Mode, Scale};

/// The organization that owns all.
pub(crate) const ORGANIZATION: &str = "acme";

pub(crate) struct Stage {
    pub(crate) mode: Mode,
    pub(crate) scale: Scale,
    pub(crate) system: System,
    pub(crate) client: Client,
    pub(crate) history: Arc<History>,
    pub(crate) random: Random,
    /// Repositories published so far.
    pub(crate) published: Vec<Published>,
    pub(crate) sample: Sample,
    pub(crate) workload: Workload,
    _git: GitServer,
    pub(crate) repositories: PathBuf,
    connection: String,
}

/// A module from Git that the registry accepted.
#[derive(Clone)]
pub(crate) struct Published {
    pub(crate) id: String,
    /// `namespace/name/provider`
    pub(crate) address: String,
    pub(crate) versions: Vec<String>,
}

/// What a stage is made for.
pub(crate) struct Setting<'a> {
    pub(crate) mode: Mode,
    pub(crate) scale: Scale,
    pub(crate) folder: &'a Path,
    pub(crate) engines: Option<&'a Engines>,
    pub(crate) random: Random,
}

impl Stage {
    pub(crate) async fn open(setting: Setting<'_>, plan: &Plan) -> Result<Self> {
        let folder = setting.folder;
        let repositories = folder.join("repositories");
        let sample = Sample::create(&repositories, "sample", setting.scale.tags, "")?;
        let git = GitServer::start(&repositories)?;
        let system = System::start(setting.mode, folder, setting.engines, plan).await?;
        let api = Api::new(&system.url(), &system.admin_token()?)?;
        api.make_organization(ORGANIZATION).await?;
        let connection = api.connect(ORGANIZATION, &git.url(), None).await?;
        let history = Arc::new(History::create(&folder.join("history.jsonl"))?);
        let client = Client::new(&system.url(), &system.admin_token()?, Arc::clone(&history))?;
        Ok(Self {
            mode: setting.mode,
            scale: setting.scale,
            workload: Workload::new(client.clone()),
            random: setting.random,
            published: Vec::new(),
            system,
            client,
            history,
            sample,
            _git: git,
            repositories,
            connection,
        })
    }

    /// Publishes one more copy of the sample, as a client that does not give up.
    pub(crate) async fn publish_copy(&mut self) -> Result<Published> {
        let name = format!("copy-{}", self.published.len());
        self.sample.copy_to(&format!("terraform-test-{name}"))?;
        let versions = self.sample.versions();
        let published = self.publish(&name, versions).await?;
        self.published.push(published.clone());
        self.workload.knows(&published.address, &published.id);
        Ok(published)
    }

    /// Publishes `terraform-test-<name>` of the Git server.
    pub(crate) async fn publish(&self, name: &str, versions: Vec<String>) -> Result<Published> {
        let address = format!("{ORGANIZATION}/{name}/test");
        let repository = json!({"identifier": format!("terraform-test-{name}"), "oauth-token-id": self.connection,
            "organization-name": ORGANIZATION});
        let body = json!({"data": {"type": "registry-modules", "attributes": {"vcs-repo": repository}}});
        let path = format!("/api/v2/organizations/{ORGANIZATION}/registry-modules/vcs");
        let call = Call::new("publish", &address, Method::POST, path).json(&body);
        let reply = self.client.until_known(&call, |status| status == 422).await;
        ensure!(
            reply.status == 201 || (reply.status == 422 && reply.after_unknown),
            "publishing {address} answered {}: {}",
            reply.status,
            String::from_utf8_lossy(&reply.body)
        );
        let id = match reply.json().pointer("/data/id").and_then(Value::as_str) {
            Some(id) => id.to_owned(),
            None => self.module_at(&address).await?["id"].as_str().context("the module has no id")?.to_owned(),
        };
        Ok(Published { id, address, versions })
    }

    /// What the API shows of a module, asked for until it answers.
    pub(crate) async fn module_at(&self, address: &str) -> Result<Value> {
        let path = format!("/api/v2/organizations/{ORGANIZATION}/registry-modules/private/{address}");
        let reply = self.client.until_known(&Call::new("show", address, Method::GET, path), |_| false).await;
        if reply.status != 200 {
            bail!("{address} is answered with {}: {}", reply.status, String::from_utf8_lossy(&reply.body));
        }
        Ok(reply.json()["data"].take())
    }

    /// Versions of this module that are `ok`, and all that it shows.
    pub(crate) async fn count_ok(&self, published: &Published) -> Result<(usize, usize)> {
        let statuses = Api::version_statuses(&self.module_at(&published.address).await?);
        Ok((statuses.iter().filter(|status| status.ends_with(" ok")).count(), statuses.len()))
    }

    /// Whether all versions of all published repositories are `ok`.
    pub(crate) async fn is_ingested(&self) -> Result<bool> {
        for published in self.published.iter().rev() {
            if self.count_ok(published).await?.0 < published.versions.len() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Ends the workload, and waits until nothing is under way any more. How long that took from `since` on; `None` if
    /// it was not over after three times the limit.
    pub(crate) async fn settle(&mut self, since: Instant, limit: Duration) -> Result<Option<Duration>> {
        self.workload.end().await;
        loop {
            if self.is_ingested().await? && self.active_jobs()?.is_empty() {
                return Ok(Some(since.elapsed()));
            }
            if since.elapsed() > limit * 3 {
                return Ok(None);
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Jobs that are neither done nor dead, but for those that wait on purpose.
    pub(crate) fn active_jobs(&self) -> Result<Vec<String>> {
        let jobs = self.system.ask(
            "SELECT kind, target, state, attempt, lost, epoch, last_error FROM jobs WHERE state <> 'dead' AND kind <> 'purge'",
        )?;
        Ok(jobs.lines().map(str::to_owned).collect())
    }
}
