//! What has to happen when this process ends without cleaning up, also by SIGKILL.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use std::os::unix::process::CommandExt;

/// Waits until the other end of its input is gone, then ends a process group: first by the signal `$1`,
/// after five seconds by SIGKILL.
const END_GROUP: &str = r#"
read -r _
kill -s "$1" -- "-$2"
tries=0
while kill -s 0 -- "-$2" && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -s KILL -- "-$2"
"#;

/// Waits until the other end of its input is gone and servers had time to end, then removes a folder.
const REMOVE_FOLDER: &str = r#"
read -r _
sleep 2
rm -rf -- "$1" || { sleep 4; rm -rf -- "$1"; }
"#;

/// A watching process. It does its work when this process ends, and nothing if it was dropped before.
pub struct Leash {
    watcher: Child,
}

impl Leash {
    /// Ends the process group `group` by the signal of this name, such as `KILL`.
    pub(super) fn ends_group(group: u32, signal: &str) -> Result<Self> {
        Self::start(END_GROUP, &[signal.as_ref(), group.to_string().as_ref()])
    }

    /// Removes `folder` with all that is in it.
    pub fn removes_folder(folder: &Path) -> Result<Self> {
        Self::start(REMOVE_FOLDER, &[folder.as_ref()])
    }

    fn start(script: &str, arguments: &[&std::ffi::OsStr]) -> Result<Self> {
        // The writing end of its input closes with this process, and no other process inherits it. Its own group keeps
        // it alive when a terminal interrupts the group of this process.
        let watcher = Command::new("sh")
            .args(["-c", script, "leash"])
            .args(arguments)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting a watching sh")?;
        Ok(Self { watcher })
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        // Killed while its input is still open.
        let _ = self.watcher.kill();
        let _ = self.watcher.wait();
    }
}
