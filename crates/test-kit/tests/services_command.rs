//! `services`: what the command that it runs sees, and what is left when it ends.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

#[test]
fn a_command_gets_the_variables_and_gives_its_status() -> Result<()> {
    let output = services(&["--only", "s3", "--", "sh", "-c", "echo $QUARRY_TEST_S3_BUCKET $AWS_ALLOW_HTTP; exit 7"])
        .output()?;

    assert_eq!(String::from_utf8(output.stdout)?, "quarry true\n");
    assert_eq!(output.status.code(), Some(7));
    Ok(())
}

#[test]
fn a_command_that_is_killed_by_a_signal_is_reported_as_by_a_shell() -> Result<()> {
    let status = services(&["--only", "s3", "--", "sh", "-c", "kill -KILL $$"]).status()?;

    assert_eq!(status.code(), Some(128 + 9));
    Ok(())
}

#[test]
fn no_server_is_left_after_sigterm() -> Result<()> {
    let (mut process, port) = start_postgres()?;

    Command::new("kill").arg(process.id().to_string()).status()?;

    assert!(process.wait()?.success());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "PostgreSQL still answers");
    Ok(())
}

#[test]
fn no_server_is_left_after_sigkill() -> Result<()> {
    let (mut process, port) = start_postgres()?;

    process.kill()?;
    process.wait()?;

    let deadline = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(("127.0.0.1", port)).is_ok() {
        assert!(Instant::now() < deadline, "PostgreSQL still answers");
        std::thread::yield_now();
    }
    Ok(())
}

/// With a PostgreSQL on this port.
fn start_postgres() -> Result<(Child, u16)> {
    let mut process = services(&["--only", "postgres"]).stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(process.stdout.take().context("no output")?).lines();
    let line = lines.next().context("it printed nothing")??;
    let port = line.rsplit(':').next().and_then(|end| end.split('/').next()).context("no port")?.parse()?;
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok(), "PostgreSQL does not answer");
    // The pipe stays open, or what it prints next would end it.
    std::thread::spawn(move || lines.count());
    Ok((process, port))
}

fn services(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_services"));
    command.args(arguments);
    command
}
