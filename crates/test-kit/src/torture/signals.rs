//! Signals to processes that torture started, by their numbers.

pub(crate) use rustix::process::Signal;
use rustix::process::{Pid, kill_process};

/// Whoever is gone already needs no signal.
pub(crate) fn send(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// Processes whose parent this is, now.
pub(crate) fn children_of(parent: u32) -> Vec<u32> {
    let wanted = parent.to_string();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        if stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)) == Some(wanted.as_str()) {
            found.push(pid);
        }
    }
    found
}
