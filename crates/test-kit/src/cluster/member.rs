//! One process of a cluster.

use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::balancer::Backend;
use super::role::Role;
use crate::quarry_server::{binary, children_of};

const START_TIME: Duration = Duration::from_secs(60);

/// It can be stopped and started again, on another port and with the same data. Killed on drop.
pub struct Member {
    role: Role,
    name: String,
    folder: PathBuf,
    settings: Vec<(String, String)>,
    group: u32,
    backend: Option<Arc<Backend>>,
    process: Option<Child>,
    address: Option<SocketAddr>,
}

/// How a process ended that was asked to.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub took: Duration,
}

impl Member {
    /// Does not start it. It runs in the process group `group`, and is reached through `backend` if others talk to it.
    pub(super) fn new(role: Role, number: usize, folder: &Path, group: u32, backend: Option<Arc<Backend>>) -> Self {
        let name = format!("{}-{number}", role.name());
        let folder = folder.join(&name);
        Self { role, name, folder, settings: Vec::new(), group, backend, process: None, address: None }
    }

    pub fn role(&self) -> Role {
        self.role
    }

    /// Such as `gateway-1`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `None` while it does not run.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Its own address, past any balancer.
    pub fn url(&self) -> Result<String> {
        let address = self.address.with_context(|| format!("{} does not run", self.name))?;
        Ok(format!("http://{address}"))
    }

    pub fn data_dir(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// All that it logged so far, also before it was started again.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Process id and role (`git`, `unpack`, `read`) of every child process that it has now.
    pub fn children(&self) -> Result<Vec<(u32, String)>> {
        self.pid().map_or(Ok(Vec::new()), children_of)
    }

    /// Settings from its next start on.
    pub(super) fn set_settings(&mut self, settings: Vec<(String, String)>) {
        self.settings = settings;
    }

    /// Starts it if it does not run, and comes back when it listens.
    pub fn start(&mut self) -> Result<()> {
        self.spawn()?;
        self.wait_until_it_listens()
    }

    pub(super) fn spawn(&mut self) -> Result<()> {
        if self.process.is_some() {
            return Ok(());
        }
        std::fs::create_dir_all(self.data_dir())?;
        let output = File::create(self.output())?;
        let log = File::options().create(true).append(true).open(self.folder.join("log"))?;
        let mut command = Command::new(binary()?);
        command
            .arg(self.role.name())
            .env_clear()
            .env("QUARRY_DATA_DIR", self.data_dir())
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .process_group(i32::try_from(self.group)?)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(log);
        self.process = Some(command.spawn().with_context(|| format!("starting {}", self.name))?);
        Ok(())
    }

    pub(super) fn wait_until_it_listens(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_TIME;
        let address = loop {
            let said = std::fs::read_to_string(self.output())?;
            let whole_lines = said.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
            if let Some(address) = whole_lines.filter_map(|line| line.strip_prefix("listening on http://")).next() {
                break address.parse()?;
            }
            self.still_runs()?;
            if Instant::now() > deadline {
                bail!("{} does not listen after {START_TIME:?}: {}", self.name, self.log());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        self.address = Some(address);
        self.backend.iter().for_each(|backend| backend.set_address(Some(address)));
        Ok(())
    }

    fn output(&self) -> PathBuf {
        self.folder.join("output")
    }

    /// Waits until `/readyz` answers 200.
    pub fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_TIME;
        let address = self.address.with_context(|| format!("{} does not run", self.name))?;
        loop {
            let answer = readiness(address).unwrap_or_else(|error| error.to_string());
            if answer.starts_with("HTTP/1.1 200") {
                return Ok(());
            }
            self.still_runs()?;
            if Instant::now() > deadline {
                bail!("{} is not ready after {START_TIME:?}: {answer}\n{}", self.name, self.log());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn still_runs(&mut self) -> Result<()> {
        let process = self.process.as_mut().with_context(|| format!("{} does not run", self.name))?;
        if let Some(status) = process.try_wait()? {
            self.is_gone();
            bail!("{} ended ({status}): {}", self.name, self.log());
        }
        Ok(())
    }

    /// How it ended, if it did so by itself or was killed by somebody else since the last look.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let Some(process) = &mut self.process else { return Ok(None) };
        let status = process.try_wait()?;
        if status.is_some() {
            self.is_gone();
        }
        Ok(status)
    }

    /// SIGKILL, and wait until it is gone. Nothing happens if it does not run.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(process) = &mut self.process {
            process.kill()?;
            process.wait()?;
        }
        self.is_gone();
        Ok(())
    }

    /// SIGTERM, and wait until it has stopped by itself.
    pub fn terminate(&mut self) -> Result<Ended> {
        self.begin_to_terminate()?;
        self.wait_for_end(Instant::now())
    }

    /// SIGTERM without waiting. The balancer has to find out by itself, as any other would.
    pub fn begin_to_terminate(&self) -> Result<()> {
        self.send(Signal::TERM)
    }

    /// Waits until it has stopped by itself, asked to at `since`.
    pub fn wait_for_end(&mut self, since: Instant) -> Result<Ended> {
        let process = self.process.as_mut().with_context(|| format!("{} does not run", self.name))?;
        let status = process.wait()?;
        self.is_gone();
        Ok(Ended { status, took: since.elapsed() })
    }

    /// SIGSTOP: connections stay open and nobody answers.
    pub fn pause(&self) -> Result<()> {
        self.send(Signal::STOP)
    }

    /// SIGCONT
    pub fn resume(&self) -> Result<()> {
        self.send(Signal::CONT)
    }

    fn send(&self, signal: Signal) -> Result<()> {
        let pid = self.pid().with_context(|| format!("{} does not run", self.name))?;
        let pid = Pid::from_raw(i32::try_from(pid)?).context("no process id")?;
        Ok(kill_process(pid, signal)?)
    }

    fn is_gone(&mut self) {
        self.process = None;
        self.address = None;
        self.backend.iter().for_each(|backend| backend.set_address(None));
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// The whole answer to a question for readiness.
fn readiness(address: SocketAddr) -> std::io::Result<String> {
    use std::io::{Read, Write};

    let mut stream = std::net::TcpStream::connect_timeout(&address, START_TIME)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: member\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
