//! A `quarry serve` of its own: the real binary, on a data directory and a free port.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};

use crate::Api;

/// Killed on drop. What it logs goes to `<data>/log`.
pub struct QuarryServer {
    process: Child,
    data_dir: PathBuf,
    url: String,
}

impl QuarryServer {
    /// Starts the server of this build. Git may be fetched from loopback, where test servers are.
    pub fn start(data_dir: &Path) -> anyhow::Result<Self> {
        Self::start_with(data_dir, &[])
    }

    /// The same with further settings.
    pub fn start_with(data_dir: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut process = Self::command(data_dir, settings)?.spawn().context("starting quarry")?;
        let output = process.stdout.take().context("quarry has no output")?;
        let mut url = None;
        let mut lines = BufReader::new(output).lines();
        for line in lines.by_ref() {
            if let Some(address) = line?.strip_prefix("listening on ") {
                url = Some(address.to_owned());
                break;
            }
        }
        let Some(url) = url else {
            process.wait()?;
            bail!("quarry did not start: {}", std::fs::read_to_string(data_dir.join("log")).unwrap_or_default());
        };
        Ok(Self { process, data_dir: data_dir.to_owned(), url })
    }

    /// The command line of such a server, for tests that expect it to fail.
    pub fn command(data_dir: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Command> {
        std::fs::create_dir_all(data_dir)?;
        let log = std::fs::File::options().create(true).append(true).open(data_dir.join("log"))?;
        let mut command = Command::new(binary()?);
        command
            .arg("serve")
            .env_clear()
            .env("QUARRY_DATA_DIR", data_dir)
            .env("QUARRY_LISTEN", "127.0.0.1:0")
            .env("QUARRY_VCS_ALLOWED_NETWORKS", "127.0.0.0/8")
            // In place, and never reached: one token does all the work of a test.
            .env("QUARRY_RATE_LIMIT", "100000")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        Ok(command)
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// A client with the administrator's token.
    pub fn api(&self) -> anyhow::Result<Api> {
        Api::new(&self.url, &self.admin_token()?)
    }

    pub fn admin_token(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.data_dir.join("admin-token"))?.trim().to_owned())
    }

    /// Process id and role (`git`, `unpack`, `read`) of every child process that it has now.
    pub fn children(&self) -> anyhow::Result<Vec<(u32, String)>> {
        children_of(self.pid())
    }

    /// All that it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data_dir.join("log")).unwrap_or_default()
    }

    /// SIGKILL, and wait until it is gone.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// SIGTERM, and wait until it has stopped by itself.
    pub fn terminate(&mut self) -> anyhow::Result<ExitStatus> {
        Command::new("kill").arg(self.process.id().to_string()).status()?;
        Ok(self.process.wait()?)
    }
}

impl Drop for QuarryServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The `quarry` beside the program that runs now: `target/<profile>/quarry`.
pub fn binary() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.ancestors().nth(1).context("no folder")?;
    let folder = if folder.ends_with("deps") { folder.parent().context("no folder")? } else { folder };
    let path = folder.join("quarry");
    if !path.exists() {
        bail!("{} is missing: build it first (cargo build -p quarry)", path.display());
    }
    Ok(path)
}

/// Process id and last argument of every child process that `process` has now.
pub(crate) fn children_of(process: u32) -> anyhow::Result<Vec<(u32, String)>> {
    let mut children = Vec::new();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        // Who goes away meanwhile is no child any more.
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let Ok(line) = std::fs::read_to_string(entry.path().join("cmdline")) else { continue };
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1));
        if parent == Some(process.to_string().as_str()) {
            children.push((pid, line.trim_end_matches('\0').rsplit('\0').next().unwrap_or_default().to_owned()));
        }
    }
    Ok(children)
}

/// Ids of other processes that have a file of this folder open.
pub fn processes_using(folder: &Path) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let uses = |process: &std::fs::DirEntry| {
        let files = std::fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten();
        files.filter_map(|file| std::fs::read_link(file.path()).ok()).any(|path| path.starts_with(folder))
    };
    processes.filter(uses).map(|process| process.file_name().to_string_lossy().into_owned()).collect()
}

/// Asks again and again until `ready` gives an answer; fails after a minute: machines that run tests stand still at times.
pub async fn wait_for<T, F>(what: &str, mut ready: impl FnMut() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<Option<T>>>,
{
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = ready().await? {
            return Ok(found);
        }
        if tokio::time::Instant::now() > deadline {
            bail!("waited too long for {what}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
