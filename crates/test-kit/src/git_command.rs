//! The git command with nothing of the machine's configuration in it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The environment every git process gets, and nothing else.
pub(crate) const ENVIRONMENT: [(&str, &str); 11] = [
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("HOME", "/nonexistent"),
    ("GIT_AUTHOR_NAME", "Sample"),
    ("GIT_AUTHOR_EMAIL", "sample@example.com"),
    ("GIT_COMMITTER_NAME", "Sample"),
    ("GIT_COMMITTER_EMAIL", "sample@example.com"),
    // Repositories may belong to another user than the one who serves them.
    ("GIT_CONFIG_COUNT", "1"),
    ("GIT_CONFIG_KEY_0", "safe.directory"),
    ("GIT_CONFIG_VALUE_0", "*"),
];

/// Runs git in `directory` and gives back what it printed, without the line end.
pub(crate) fn git(directory: &Path, time: u64, arguments: &[&str], input: &[u8]) -> Result<String> {
    let date = format!("{time} +0000");
    let mut child = Command::new("git")
        .current_dir(directory)
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(ENVIRONMENT)
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_DATE", &date)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("the git command is needed")?;
    child.stdin.take().context("git has no input")?.write_all(input)?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}
