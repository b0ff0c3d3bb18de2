//! One start of one role, with settings that may be wrong.

use std::collections::BTreeMap;
use std::fs::File;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use test_kit::cluster::Engines;
use test_kit::{Api, Cluster, binary, wait_for};

pub(crate) const ROLES: [&str; 4] = ["gateway", "archivist", "ingestor", "parser"];

/// Longer than any role waits for engines before it listens.
const START_TIME: Duration = Duration::from_secs(60);

/// What a role is started with. Every setting of an installation is right until it is changed.
#[derive(Clone)]
pub(crate) struct Attempt {
    role: String,
    settings: BTreeMap<String, String>,
}

impl Attempt {
    /// Of an installation whose engines are nowhere.
    pub(crate) fn nowhere(role: &str) -> Self {
        let key = "c2578c14f71398995340a11911c70e79c20a66af7c5f143adeac53202a063b23";
        let keys = format!("first:{key}");
        let settings = [
            ("QUARRY_DATABASE_URL", "postgres://quarry@127.0.0.1:1/quarry"),
            ("QUARRY_BROKER_URL", "amqp://quarry:quarry@127.0.0.1:1/quarry"),
            ("QUARRY_BLOBS_URL", "s3://modules/quarry"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "quarry"),
            ("AWS_SECRET_ACCESS_KEY", "quarry"),
            ("QUARRY_LINK_KEYS", keys.as_str()),
            ("QUARRY_SEAL_KEYS", keys.as_str()),
            ("QUARRY_TOKEN_KEY", key),
            ("QUARRY_ADMIN_TOKEN", "quarry_000000000000000000000000000000000"),
            ("QUARRY_PUBLIC_URL", "http://127.0.0.1:1"),
            ("QUARRY_ARCHIVIST_URL", "http://127.0.0.1:1"),
            ("QUARRY_LISTEN", "127.0.0.1:0"),
            ("QUARRY_ARCHIVIST_LISTEN", "127.0.0.1:0"),
        ];
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { role: role.to_owned(), settings }
    }

    /// Of the installation of a cluster.
    pub(crate) fn of(cluster: &Cluster, role: &str) -> Result<Self> {
        let Engines { database_url, broker_url, blobs_url, .. } = &cluster.engines().addresses;
        let mut attempt = Self::nowhere(role)
            .set("QUARRY_DATABASE_URL", database_url)
            .set("QUARRY_BROKER_URL", broker_url)
            .set("QUARRY_BLOBS_URL", blobs_url);
        for (name, value) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
            attempt = attempt.set(&name, &value);
        }
        for name in ["QUARRY_LINK_KEYS", "QUARRY_SEAL_KEYS", "QUARRY_TOKEN_KEY", "QUARRY_ADMIN_TOKEN"] {
            attempt = attempt.set(name, cluster.key(name)?);
        }
        Ok(attempt)
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.settings.remove(name);
        self
    }

    /// Starts the role, which ends by itself without having listened; what it said.
    pub(crate) async fn refusal(self) -> Result<String> {
        let mut started = self.begin()?;
        let status = wait_for("its end", || {
            let ended = started.ended();
            let said = started.said();
            async move {
                ensure!(!said.contains("listening on"), "it listens: {said}");
                ended
            }
        });
        let status = status.await.with_context(|| format!("{}: {}", started.role, started.said()))?;
        let said = started.said();
        ensure!(!status.success(), "it ended as if all was well: {said}");
        ensure!(said.contains("quarry: "), "it did not say why: {said}");
        Ok(said)
    }

    /// Starts the role; comes back when it listens.
    pub(crate) fn listens(self) -> Result<Started> {
        let mut started = self.begin()?;
        let deadline = Instant::now() + START_TIME;
        while started.url().is_none() {
            if let Some(status) = started.ended()? {
                bail!("it ended ({status}): {}", started.said());
            }
            ensure!(Instant::now() < deadline, "it does not listen: {}", started.said());
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(started)
    }

    fn begin(self) -> Result<Started> {
        let folder = TempDir::new()?;
        let output = File::create(folder.path().join("said"))?;
        let process = Command::new(binary()?)
            .arg(&self.role)
            .env_clear()
            .env("QUARRY_DATA_DIR", folder.path().join("data"))
            .envs(self.settings)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        Ok(Started { role: self.role, process, folder })
    }
}

/// A process of a role. Killed on drop.
pub(crate) struct Started {
    role: String,
    process: Child,
    folder: TempDir,
}

impl Started {
    /// All that it said, on both outputs.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("said")).unwrap_or_default()
    }

    pub(crate) fn url(&self) -> Option<String> {
        let said = self.said();
        let whole_lines = said.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        whole_lines.filter_map(|line| line.strip_prefix("listening on ")).next().map(str::to_owned)
    }

    fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.process.try_wait()?)
    }

    /// Status and text of a probe.
    pub(crate) async fn probe(&self, path: &str) -> Result<(u16, String)> {
        let url = self.url().context("it does not listen")?;
        let (status, text) = Api::new(&url, "")?.download(&format!("{url}{path}")).await?;
        Ok((status.as_u16(), String::from_utf8(text)?))
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A cluster without processes, whose database is set up.
pub(crate) fn migrated() -> Result<Cluster> {
    let cluster = Cluster::prepare(test_kit::cluster::Plan::default())?;
    cluster.migrate()?;
    Ok(cluster)
}
