//! What the kernel says about processes: memory, time, and who is whose child.

use std::{
    fs,
    process::{Child, Command, Output},
    time::Duration,
};

use anyhow::{Context, Result, ensure};

/// Killed at the end.
pub(crate) struct Background(pub(crate) Child);

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A git, tar or client that does not see the configuration of whoever runs the bench.
pub(crate) fn plain(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/nonexistent")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*")
        .stdin(std::process::Stdio::null());
    command
}

/// Runs it to its end; what it printed.
pub(crate) fn finish(command: &mut Command) -> Result<String> {
    let output: Output = command.output().with_context(|| format!("{:?} does not start", command.get_program()))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{:?}: {}", command.get_program(), errors.trim());
    Ok(String::from_utf8(output.stdout)?)
}

/// Whether a program of this name can be found.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Resident memory now, in MB.
pub(crate) fn resident(pid: u32) -> Result<f64> {
    status_megabytes(pid, "VmRSS:")
}

/// The most that was ever resident, in MB.
pub(crate) fn peak_resident(pid: u32) -> Result<f64> {
    status_megabytes(pid, "VmHWM:")
}

/// Resident memory of all children and theirs, in MB. Pages that they share are counted for each.
pub(crate) fn resident_children(pid: u32) -> f64 {
    // Who ends meanwhile has no memory any more.
    descendants(pid).into_iter().filter_map(|child| resident(child).ok()).sum()
}

/// User and system time of the process so far, without its children.
pub(crate) fn cpu_time(pid: u32) -> Result<Duration> {
    // The kernel counts in hundredths of a second on every platform that Rust calls Linux.
    let ticks: u64 =
        stat(pid).context("the process is gone")?.iter().skip(11).take(2).filter_map(|it| it.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}

/// The same with the children that have ended.
pub(crate) fn cpu_time_with_ended(pid: u32) -> Duration {
    let fields = stat(pid).unwrap_or_default();
    // What was waited for is added to who waited.
    let ticks: u64 = fields.iter().skip(11).take(4).filter_map(|it| it.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// The same with all that it started, whether it still runs or not.
pub(crate) fn tree_cpu_time(pid: u32) -> Duration {
    descendants(pid).into_iter().chain([pid]).map(cpu_time_with_ended).sum()
}

/// Of all processors together, by whatever ran on this machine since it started, or on others beside it.
pub(crate) fn machine_busy_time() -> Option<Duration> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let ticks: Vec<u64> = text.lines().next()?.split_whitespace().skip(1).filter_map(|it| it.parse().ok()).collect();
    // After user, nice and system come two that count idle time.
    let busy: u64 = ticks.iter().take(3).chain(ticks.iter().skip(5).take(3)).sum();
    Some(Duration::from_millis(busy * 10))
}

/// Who was started by it and runs.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let parent = Some(pid.to_string());
    descendants(pid).into_iter().filter(|child| stat(*child).and_then(|it| it.get(1).cloned()) == parent).collect()
}

/// Programs of it and of all that it started, cut off after 15 letters.
pub(crate) fn names_of_tree(pid: u32) -> Vec<String> {
    let name = |pid| fs::read_to_string(format!("/proc/{pid}/comm")).ok();
    let tree = descendants(pid).into_iter().chain([pid]);
    tree.filter_map(name).map(|name| name.trim().to_owned()).collect()
}

/// The program and its arguments.
pub(crate) fn command_line(pid: u32) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    text.split_terminator('\0').map(str::to_owned).collect()
}

/// Load averages.
pub(crate) fn machine_load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

fn status_megabytes(pid: u32, field: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).context("no such line")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024.0)
}

fn descendants(pid: u32) -> Vec<u32> {
    let all: Vec<u32> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    let mut found = vec![pid];
    let mut looked_at = 0;
    while let Some(parent) = found.get(looked_at).map(u32::to_string) {
        found.extend(all.iter().filter(|child| stat(**child).is_some_and(|fields| fields.get(1) == Some(&parent))));
        looked_at += 1;
    }
    found.split_off(1)
}

/// The fields after the name, beginning with the state.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(") ")?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}
