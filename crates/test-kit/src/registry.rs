//! A registry with a Git server beside it, and the organization `acme` connected to that.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Api, GitServer, QuarryServer, SampleRepository, wait_for};

/// Everything lies in a folder of its own, which goes with it.
pub struct Registry {
    pub server: QuarryServer,
    pub api: Api,
    pub git: GitServer,
    /// The token of the connection to `git`.
    pub connection: String,
    folder: TempDir,
}

impl Registry {
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// The same with further settings.
    pub async fn start_with(settings: &[(&str, &str)]) -> Result<Self> {
        let folder = TempDir::new()?;
        let repositories = folder.path().join("repositories");
        std::fs::create_dir_all(&repositories)?;
        let git = GitServer::start(&repositories)?;
        let server = QuarryServer::start_with(&folder.path().join("data"), settings)?;
        let api = server.api()?;
        api.make_organization("acme").await?;
        let connection = api.connect("acme", &git.url(), None).await?;
        Ok(Self { server, api, git, connection, folder })
    }

    /// Kills or forgets the process and starts another on the same data.
    pub fn restart(&mut self) -> Result<()> {
        let _ = self.server.kill();
        self.server = QuarryServer::start(&self.data_dir())?;
        self.api = self.server.api()?;
        Ok(())
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// An empty repository that the Git server serves.
    pub fn repository(&self, name: &str) -> Result<SampleRepository> {
        SampleRepository::create(&self.folder.path().join("repositories"), &format!("{name}.git"))
    }

    /// Publishes a repository of the Git server in `acme`, without waiting.
    pub async fn begin(&self, name: &str, extra: Value) -> Result<String> {
        let module = self.api.publish("acme", &self.connection, name, extra).await?;
        module["id"].as_str().map(str::to_owned).context("the module has no id")
    }

    /// Publishes a repository of the Git server in `acme`; the module once nothing is under way any more.
    pub async fn publish(&self, name: &str) -> Result<Value> {
        let id = self.begin(name, json!({})).await?;
        self.api.settled(&id).await
    }
}

impl Api {
    /// Has the tags of a module looked at again, and waits for what comes of it.
    pub async fn look_again(&self, id: &str, force: bool) -> Result<Value> {
        let path = format!("/api/v2/registry-modules/{id}");
        let (_, before) = self.get(&path).await?;
        let query = if force { "?force=true" } else { "" };
        let (status, answer) = self.post(&format!("{path}/actions/resync{query}"), json!({})).await?;
        anyhow::ensure!(status.is_success(), "{status} {answer}");
        let synced = |answer: &Value| answer["data"]["attributes"]["vcs-repo"]["synced-at"].clone();
        wait_for("another look at the tags", || async {
            let (_, now) = self.get(&path).await?;
            Ok((synced(&now) != synced(&before)).then_some(()))
        })
        .await?;
        self.settled(id).await
    }

    /// Why a version failed, as `version-statuses` of its module tells it; empty if it did not.
    pub fn version_error(module: &Value, version: &str) -> String {
        let statuses = module["attributes"]["version-statuses"].as_array().cloned().unwrap_or_default();
        let found = statuses.iter().find(|it| it["version"] == version);
        found.and_then(|it| it["error"].as_str()).unwrap_or_default().to_owned()
    }
}
