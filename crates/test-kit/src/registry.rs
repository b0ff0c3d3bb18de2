//! A registry with a Git server beside it, and the organization `acme` connected to that: one process, or a cluster.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cluster::{Cluster, Member, Plan, Role, Roles};
use crate::profile::{blob_path, is_distributed};
use crate::sqlite::ask_sqlite;
use crate::{Api, GitServer, QuarryServer, SampleRepository, processes_using, wait_for};

/// Everything lies in a folder of its own, which goes with it.
pub struct Registry {
    processes: Processes,
    pub api: Api,
    pub git: GitServer,
    /// The token of the connection to `git`.
    pub connection: String,
    folder: TempDir,
}

enum Processes {
    Embedded(QuarryServer),
    Distributed(Box<Cluster>),
}

/// Shown by the test harness if the test failed.
impl Drop for Registry {
    fn drop(&mut self) {
        let log = self.log();
        let troubles = log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR"));
        troubles.for_each(|line| println!("{line}"));
    }
}

impl Registry {
    /// One process, or one of each role if `QUARRY_TEST_PROFILE` is `distributed`.
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// The same with further settings, of every process.
    pub async fn start_with(settings: &[(&str, &str)]) -> Result<Self> {
        if is_distributed()? { Self::distributed(settings).await } else { Self::embedded_with(settings).await }
    }

    /// One process, whatever the profile: for tests that are about the embedded mode.
    pub async fn embedded() -> Result<Self> {
        Self::embedded_with(&[]).await
    }

    pub async fn embedded_with(settings: &[(&str, &str)]) -> Result<Self> {
        let start = |data: &Path| Ok(Processes::Embedded(QuarryServer::start_with(data, settings)?));
        Self::start_as(start).await
    }

    async fn distributed(settings: &[(&str, &str)]) -> Result<Self> {
        let start = |data: &Path| {
            let plan = Plan::new(Roles::default()).in_folder(data);
            let plan = settings.iter().fold(plan, |plan, (name, value)| plan.set(name, value));
            Ok(Processes::Distributed(Box::new(Cluster::start_as(plan)?)))
        };
        Self::start_as(start).await
    }

    async fn start_as(start: impl FnOnce(&Path) -> Result<Processes>) -> Result<Self> {
        let folder = TempDir::new()?;
        let repositories = folder.path().join("repositories");
        std::fs::create_dir_all(&repositories)?;
        let git = GitServer::start(&repositories)?;
        let processes = start(&folder.path().join("data"))?;
        let api = processes.api()?;
        let mut registry = Self { processes, api, git, connection: String::new(), folder };
        registry.api.make_organization("acme").await?;
        registry.connection = registry.api.connect("acme", &registry.git.url(), None).await?;
        Ok(registry)
    }

    /// The one process of the embedded mode.
    pub fn server(&self) -> Result<&QuarryServer> {
        match &self.processes {
            Processes::Embedded(server) => Ok(server),
            Processes::Distributed(_) => bail!("begin with Registry::embedded() to ask for the one process"),
        }
    }

    /// Where clients find the APIs.
    pub fn url(&self) -> String {
        match &self.processes {
            Processes::Embedded(server) => server.url().to_owned(),
            Processes::Distributed(cluster) => cluster.url(),
        }
    }

    pub fn admin_token(&self) -> Result<String> {
        match &self.processes {
            Processes::Embedded(server) => server.admin_token(),
            Processes::Distributed(cluster) => Ok(cluster.admin_token()?.to_owned()),
        }
    }

    /// All that was logged so far, by every process.
    pub fn log(&self) -> String {
        match &self.processes {
            Processes::Embedded(server) => server.log(),
            Processes::Distributed(cluster) => cluster.log(),
        }
    }

    /// What the database answers to a statement, behind the registry's back: a line for each row, `|` between columns. For
    /// tests that let time pass.
    pub fn ask(&self, statement: &str) -> Result<String> {
        match &self.processes {
            Processes::Embedded(_) => ask_sqlite(&self.data_dir().join("quarry.db"), statement),
            Processes::Distributed(cluster) => cluster.engines().database.ask(statement),
        }
    }

    /// Process id and role (`git`, `unpack`, `read`) of every child process that there is now.
    pub fn children(&self) -> Result<Vec<(u32, String)>> {
        match &self.processes {
            Processes::Embedded(server) => server.children(),
            Processes::Distributed(cluster) => {
                let children: Result<Vec<_>> = cluster.all().iter().map(Member::children).collect();
                Ok(children?.concat())
            }
        }
    }

    /// Ids of processes that use the data, of children as well.
    pub fn processes(&self) -> Vec<String> {
        processes_using(&self.data_dir())
    }

    /// SIGKILL to every process, and wait until they are gone.
    pub fn kill(&mut self) -> Result<()> {
        match &mut self.processes {
            Processes::Embedded(server) => server.kill(),
            Processes::Distributed(cluster) => cluster.kill_all(),
        }
    }

    /// SIGTERM to every process, and how long the slowest took to stop. Fails if one of them did not end well.
    pub fn terminate(&mut self) -> Result<Duration> {
        let start = Instant::now();
        let statuses = match &mut self.processes {
            Processes::Embedded(server) => vec![server.terminate()?],
            Processes::Distributed(cluster) => cluster.terminate_all()?.into_iter().map(|ended| ended.status).collect(),
        };
        let time = start.elapsed();
        ensure!(statuses.iter().all(|status| status.success()), "{statuses:?}: {}", self.log());
        Ok(time)
    }

    /// Kills what runs and starts everything again on the same data.
    pub fn restart(&mut self) -> Result<()> {
        self.kill()?;
        match &mut self.processes {
            Processes::Embedded(server) => *server = QuarryServer::start(&self.folder.path().join("data"))?,
            Processes::Distributed(cluster) => cluster.start_all()?,
        }
        self.api = self.processes.api()?;
        Ok(())
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What processes keep on disk. In a cluster each has a folder of its own in it.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Mirrors of repositories, of the one process that has them.
    pub fn mirrors_dir(&self) -> Result<PathBuf> {
        match &self.processes {
            Processes::Embedded(_) => Ok(self.data_dir().join("mirrors")),
            Processes::Distributed(cluster) => {
                let ingestor = cluster.members(Role::Ingestor).next().context("there is no ingestor")?;
                Ok(ingestor.data_dir().join("mirrors"))
            }
        }
    }

    /// Blobs and uploads as files: those of the embedded mode, or those of the S3 server.
    pub fn blobs_dir(&self) -> Result<PathBuf> {
        match &self.processes {
            Processes::Embedded(_) => Ok(self.data_dir().join("blobs")),
            Processes::Distributed(cluster) => cluster.engines().blobs_dir(),
        }
    }

    /// The file that holds a blob.
    pub fn blob_path(&self, sha256: &str) -> Result<PathBuf> {
        blob_path(&self.blobs_dir()?, sha256)
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

impl Processes {
    fn api(&self) -> Result<Api> {
        match self {
            Self::Embedded(server) => server.api(),
            Self::Distributed(cluster) => cluster.api(),
        }
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
