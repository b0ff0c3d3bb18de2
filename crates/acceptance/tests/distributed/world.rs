//! A cluster with a Git server beside it, and the organization `acme` connected to that: for tests that are about the
//! distributed mode, whatever the profile.

use anyhow::{Context as _, Result};
use serde_json::json;
use tempfile::TempDir;
use test_kit::cluster::Plan;
use test_kit::{Api, Cluster, GitServer, SampleRepository};

pub(crate) struct World {
    pub(crate) cluster: Cluster,
    pub(crate) api: Api,
    connection: String,
    folder: TempDir,
    _git: GitServer,
}

/// What the Git server lets in.
const USER: &str = "reader";
const PASSWORD: &str = "the-password-of-the-reader";

impl World {
    /// The repositories are private: their password is among the sealed secrets.
    pub(crate) async fn start(plan: Plan) -> Result<Self> {
        let folder = TempDir::new()?;
        let git = GitServer::start_with_login(folder.path(), USER, PASSWORD)?;
        let cluster = Cluster::start_as(plan)?;
        let api = cluster.api()?;
        api.make_organization("acme").await?;
        let connection = api.connect("acme", &git.url(), Some((USER, PASSWORD))).await?;
        Ok(Self { cluster, api, connection, folder, _git: git })
    }

    /// Publishes `terraform-test-<name>` with releases 1.0.0, 1.1.0 and 1.10.0 as `acme/<name>/test`, without waiting.
    pub(crate) async fn begin(&self, name: &str) -> Result<(SampleRepository, String)> {
        let repository = format!("terraform-test-{name}");
        let sample = SampleRepository::create(self.folder.path(), &format!("{repository}.git"))?;
        sample.release_three_times()?;
        let module = self.api.publish("acme", &self.connection, &repository, json!({})).await?;
        let id = module["id"].as_str().map(str::to_owned).context("the module has no id")?;
        Ok((sample, id))
    }
}
