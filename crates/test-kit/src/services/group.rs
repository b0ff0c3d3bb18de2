//! A server program in a process group of its own, with all that it starts.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::leash::Leash;
use super::process_tree::{kill_tree, signal, signal_tree};

const START_SECONDS: u64 = 120;
const STOP_SECONDS: u64 = 20;

/// Killed on drop, with all its processes.
pub(super) struct Group {
    name: &'static str,
    process: Child,
    log: PathBuf,
    _leash: Leash,
}

impl Group {
    /// What the program says is appended to `log`. If this process dies, the group gets the signal `last_signal`,
    /// and SIGKILL if that does not end it.
    pub(super) fn start(name: &'static str, mut command: Command, log: &Path, last_signal: &str) -> Result<Self> {
        let output = File::options().create(true).append(true).open(log)?;
        let process = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("starting {name}: {}", command.get_program().display()))?;
        let leash = Leash::ends_group(process.id(), last_signal)?;
        Ok(Self { name, process, log: log.to_owned(), _leash: leash })
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Asks again and again until the server answers. Fails if it ends before, or does not answer for two minutes.
    pub(super) fn wait_until(&mut self, ready: impl Fn() -> bool) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(START_SECONDS);
        while !ready() {
            if let Some(status) = self.process.try_wait()? {
                bail!("{} did not start ({status}): {}", self.name, self.end_of_log());
            }
            if Instant::now() > deadline {
                bail!("{} does not answer after {START_SECONDS} s: {}", self.name, self.end_of_log());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// How the program ended, if it did so by itself or was killed by somebody else. What it left behind in its process
    /// group is killed then.
    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let leader = Pid::from_child(&self.process);
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        if waitid(WaitId::Pid(leader), options)?.is_none() {
            return Ok(None);
        }
        // Before it is waited for: until then its number, and that of its group, is nobody else's.
        let _ = kill_process_group(leader, Signal::KILL);
        Ok(Some(self.process.wait()?))
    }

    /// SIGKILL to all its processes; comes back when they are gone.
    pub(super) fn kill(mut self) -> Result<()> {
        self.kill_and_wait()
    }

    /// Sends `signal` to the server program and waits until it has stopped by itself; kills it when that takes too long.
    pub(super) fn stop(mut self, by: Signal) -> Result<()> {
        signal(self.pid(), by);
        // Who was paused would not notice.
        self.resume();
        let deadline = Instant::now() + Duration::from_secs(STOP_SECONDS);
        while self.process.try_wait()?.is_none() {
            if Instant::now() > deadline {
                // As orchestrators do; RabbitMQ hangs now and then when it is stopped soon after its start.
                eprintln!("{} did not stop within {STOP_SECONDS} s, and is killed", self.name);
                return self.kill_and_wait();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// SIGSTOP to all its processes: connections stay open and nobody answers.
    pub(super) fn pause(&self) {
        signal_tree(self.pid(), Signal::STOP);
    }

    pub(super) fn resume(&self) {
        signal_tree(self.pid(), Signal::CONT);
    }

    fn kill_and_wait(&mut self) -> Result<()> {
        // Who was waited for has no number any more: it may be another's.
        if self.process.try_wait()?.is_none() {
            kill_tree(self.pid())?;
            self.process.wait()?;
        }
        Ok(())
    }

    fn end_of_log(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = self.kill_and_wait();
    }
}
