//! A running Quarry with the module of the bench.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use test_kit::{Api, GitServer, QuarryServer};
use tokio::time::{Instant, sleep};

use crate::input::IDENTIFIER;

pub(crate) const ORGANIZATION: &str = "bench";
/// Namespace, name and provider.
pub(crate) const MODULE: &str = "bench/module/bench";
const LONGEST_WAIT: Duration = Duration::from_secs(180);

/// Gone with its data when dropped.
pub(crate) struct Registry {
    pub(crate) server: QuarryServer,
    pub(crate) data: PathBuf,
    pub(crate) api: Api,
    /// Of the connection to the Git server.
    connection: String,
    module_id: String,
}

impl Registry {
    /// Nothing is published yet.
    pub(crate) async fn start(data: &Path, git: &GitServer) -> Result<Self> {
        let server = QuarryServer::start(data)?;
        let api = server.api()?;
        api.make_organization(ORGANIZATION).await?;
        let connection = api.connect(ORGANIZATION, &git.url(), None).await?;
        Ok(Self { server, data: data.to_owned(), api, connection, module_id: String::new() })
    }

    /// From the request until every version has ended; the time, and how many of them are `ok`.
    pub(crate) async fn publish(&mut self) -> Result<(Duration, usize)> {
        let start = Instant::now();
        let names = json!({"name": "module", "provider": "bench"});
        let module = self.api.publish(ORGANIZATION, &self.connection, IDENTIFIER, names).await?;
        module["id"].as_str().context("the module has no id")?.clone_into(&mut self.module_id);
        loop {
            let module = self.module(start).await?;
            let statuses = module["version-statuses"].as_array().map(Vec::as_slice).unwrap_or_default();
            let is_done = |version: &Value| version["status"] == "ok" || version["error"].is_string();
            if module["vcs-repo"]["synced-at"].is_string() && statuses.iter().all(is_done) {
                let time = start.elapsed();
                let failed: Vec<String> =
                    statuses.iter().filter(|it| it["status"] != "ok").map(Value::to_string).collect();
                if !failed.is_empty() {
                    eprintln!("  failed: {}", failed.join(" "));
                }
                return Ok((time, statuses.len() - failed.len()));
            }
            // Rarely enough that asking is no load.
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// From the request to look again until `version` is `ok`.
    pub(crate) async fn resync_until(&self, version: &str) -> Result<Duration> {
        let start = Instant::now();
        self.api.resync(&self.module_id).await?;
        loop {
            let module = self.module(start).await?;
            let statuses = module["version-statuses"].as_array().map(Vec::as_slice).unwrap_or_default();
            if let Some(found) = statuses.iter().find(|it| it["version"] == version) {
                ensure!(!found["error"].is_string(), "{found}");
                if found["status"] == "ok" {
                    return Ok(start.elapsed());
                }
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Numbers of the versions that can be installed, newest first, without pre-releases.
    pub(crate) async fn stable_versions(&self) -> Result<Vec<String>> {
        let module = self.module(Instant::now()).await?;
        let statuses = module["version-statuses"].as_array().map(Vec::as_slice).unwrap_or_default();
        let ok = statuses.iter().filter(|it| it["status"] == "ok");
        let numbers = ok.filter_map(|it| it["version"].as_str());
        Ok(numbers.filter(|number| !number.contains('-')).map(str::to_owned).collect())
    }

    pub(crate) fn token(&self) -> Result<String> {
        self.server.admin_token()
    }

    async fn module(&self, since: Instant) -> Result<Value> {
        ensure!(since.elapsed() < LONGEST_WAIT, "waited too long; the log: {}", self.server.log());
        let (status, mut answer) = self.api.get(&format!("/api/v2/registry-modules/{}", self.module_id)).await?;
        ensure!(status == 200, "{status} {answer}");
        Ok(answer["data"]["attributes"].take())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}
