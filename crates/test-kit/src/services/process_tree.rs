//! A process and all that it started, found in /proc.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// SIGKILL to the process and to all that it started, also to those in process groups and sessions of their own.
/// Comes back when they are gone; the process itself is left for its parent to wait for.
pub fn kill_tree(root: u32) -> Result<()> {
    // What stands still starts nothing while we look.
    signal(root, Signal::STOP);
    let tree = tree(root);
    for pid in &tree {
        signal(*pid, Signal::KILL);
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    while tree.iter().any(|pid| is_alive(*pid)) {
        if Instant::now() > deadline {
            bail!("processes do not go away after SIGKILL");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// Ends all that this process started, again and again until nothing more is started: when `is_finished` says so.
/// PostgreSQL needs the second before SIGKILL to give its shared memory back.
pub fn end_children_until(is_finished: impl Fn() -> bool) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(1);
    while !is_finished() {
        if Instant::now() < deadline {
            started_by_this_process().for_each(|pid| signal(pid, Signal::TERM));
        } else {
            started_by_this_process().try_for_each(kill_tree)?;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn started_by_this_process() -> impl Iterator<Item = u32> {
    tree(std::process::id()).into_iter().skip(1)
}

/// SIGTERM to the process and to all that it started.
pub fn terminate_tree(root: u32) {
    signal_tree(root, Signal::TERM);
}

pub(super) fn signal_tree(root: u32, which: Signal) {
    for pid in tree(root) {
        signal(pid, which);
    }
}

/// Whoever is gone already needs no signal.
pub(super) fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// The process first, then its children, then theirs.
fn tree(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else { continue };
        if let Some((_, parent)) = state_and_parent(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut tree = vec![root];
    let mut next = 0;
    while let Some(pid) = tree.get(next) {
        tree.extend(children.remove(pid).unwrap_or_default());
        next += 1;
    }
    tree
}

/// A zombie does nothing any more, whether or not somebody waits for it.
fn is_alive(pid: u32) -> bool {
    state_and_parent(pid).is_some_and(|(state, _)| state != "Z" && state != "X")
}

fn state_and_parent(pid: u32) -> Option<(String, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}
