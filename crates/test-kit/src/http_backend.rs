//! `git http-backend`: the CGI program that comes with git and knows the whole server side.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdout, Command};

use crate::git_command::ENVIRONMENT;
use crate::request::Request;

/// Where the program is.
pub(crate) fn program() -> Result<PathBuf> {
    let output = std::process::Command::new("git").arg("--exec-path").output().context("the git command is needed")?;
    Ok(Path::new(String::from_utf8(output.stdout)?.trim()).join("git-http-backend"))
}

/// Answers a request for a repository below `root`.
pub(crate) async fn answer(
    program: &Path,
    root: &Path,
    request: &Request,
    writer: &mut (impl AsyncWrite + Unpin),
) -> Result<()> {
    let mut child = Command::new(program)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(ENVIRONMENT)
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", &request.method)
        .env("PATH_INFO", &request.path)
        .env("QUERY_STRING", &request.query)
        .env("CONTENT_TYPE", request.header("content-type"))
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", request.header("content-encoding"))
        .env("GIT_PROTOCOL", request.header("git-protocol"))
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("git http-backend does not start")?;
    let mut input = child.stdin.take().context("http-backend has no input")?;
    let output = BufReader::new(child.stdout.take().context("http-backend has no output")?);
    let send = async {
        // It may answer before it has read everything.
        let _ = input.write_all(&request.body).await;
        drop(input);
    };
    let ((), received) = tokio::join!(send, pass_on(output, writer));
    received?;
    child.wait().await?;
    Ok(())
}

/// Turns the program's headers into an answer and its output into chunks.
async fn pass_on(mut output: BufReader<ChildStdout>, writer: &mut (impl AsyncWrite + Unpin)) -> Result<()> {
    let (mut status, mut headers) = ("200 OK".to_owned(), String::new());
    loop {
        let mut line = String::new();
        output.read_line(&mut line).await?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        match line.strip_prefix("Status: ") {
            Some(given) => given.clone_into(&mut status),
            None => headers.push_str(&format!("{line}\r\n")),
        }
    }
    writer.write_all(format!("HTTP/1.1 {status}\r\n{headers}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).await?;

    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = output.read(&mut buffer).await?;
        writer.write_all(format!("{count:x}\r\n").as_bytes()).await?;
        writer.write_all(&buffer[..count]).await?;
        writer.write_all(b"\r\n").await?;
        writer.flush().await?;
        if count == 0 {
            return Ok(());
        }
    }
}
