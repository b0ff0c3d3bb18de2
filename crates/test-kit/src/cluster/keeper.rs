//! Ends the processes of a cluster when this one ends without cleaning up, also by SIGKILL.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// Waits until the other end of its input is gone, then kills its own process group, in which all the others are.
const KILL_GROUP: &str = "read -r _; kill -s KILL 0";

/// The leader of a process group. When it is dropped, or this process ends, the whole group is killed.
pub(super) struct Keeper {
    leader: Child,
}

impl Keeper {
    pub(super) fn start() -> Result<Self> {
        let leader = Command::new("sh")
            .args(["-c", KILL_GROUP])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting sh")?;
        Ok(Self { leader })
    }

    pub(super) fn group(&self) -> u32 {
        self.leader.id()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.leader.stdin.take());
        let _ = self.leader.wait();
    }
}
