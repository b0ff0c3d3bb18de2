//! `services`: what the command that it runs sees, and what is left when it ends.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use test_kit::services::{Database, VirtualHost};

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

#[test]
fn every_server_that_is_killed_is_started_again_with_its_data() -> Result<()> {
    let (mut process, variables) = start(services(&[]))?;
    let variable = |name: &str| variables.get(name).cloned().with_context(|| format!("{name} is not printed"));
    let database = Database::create_at(&variable("QUARRY_TEST_POSTGRES_URL")?)?;
    database.ask("CREATE TABLE names (name text); INSERT INTO names VALUES ('network')")?;
    let host = VirtualHost::create_at(&variable("QUARRY_TEST_RABBITMQ_URL")?, &variable("QUARRY_TEST_RABBITMQ_API")?)?;
    let queue = format!("/api/queues/{}/jobs", host.name());
    host.manage("PUT", &queue, r#"{"durable": true}"#)?;
    let control = variable("QUARRY_TEST_RABBITMQCTL")?;
    // Which queues there are is on disk a moment after the answer only: one that is killed in it has forgotten them.
    assert!(shell(&format!("{control} --silent eval 'mnesia:sync_log().'"))?.status.success());
    let endpoint = variable("QUARRY_TEST_S3_ENDPOINT")?;
    let s3 = endpoint.strip_prefix("http://").context("another scheme")?;
    let folder = PathBuf::from(variable("QUARRY_TEST_SERVICES")?);

    let killed = ["postgres", "rabbitmq", "s3"].map(|name| folder.join(name).join("pid"));
    let former = killed.iter().map(|file| Ok(std::fs::read_to_string(file)?)).collect::<Result<Vec<String>>>()?;
    for pid in &former {
        assert!(Command::new("kill").args(["-9", pid.trim()]).status()?.success());
    }

    wait_until("the files name other processes", || {
        killed.iter().zip(&former).all(|(file, former)| std::fs::read_to_string(file).is_ok_and(|pid| pid != *former))
    });
    wait_until("PostgreSQL has its rows", || database.ask("SELECT name FROM names").is_ok_and(|it| it == "network"));
    wait_until("RabbitMQ has its queue", || host.manage("GET", &queue, "").is_ok_and(|it| it["name"] == "jobs"));
    wait_until("the S3 server answers", || TcpStream::connect(s3).is_ok());
    let output = shell(&format!("{control} --silent --vhost {} list_queues name", host.name()))?;
    assert_eq!(String::from_utf8(output.stdout)?.trim(), "jobs");
    drop((database, host));
    Command::new("kill").arg(process.id().to_string()).status()?;
    assert!(process.wait()?.success());
    assert!(TcpStream::connect(s3).is_err(), "the S3 server still answers");
    Ok(())
}

#[test]
fn a_server_that_is_killed_under_a_command_is_started_again() -> Result<()> {
    let script = r#"
        address=${QUARRY_TEST_S3_ENDPOINT#http://}
        file=$QUARRY_TEST_SERVICES/s3/pid
        former=$(cat "$file")
        kill -9 "$former"
        tries=0
        while [ "$(cat "$file")" = "$former" ] && [ $tries -lt 600 ]; do sleep 0.1; tries=$((tries + 1)); done
        kill -0 "$(cat "$file")"
    "#;
    let output = services(&["--only", "s3", "--", "sh", "-c", script]).output()?;

    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.starts_with("s3 ended (signal: 9 (SIGKILL)); started again, pid "), "{said}");
    Ok(())
}

#[test]
fn no_server_is_left_when_the_parent_is_killed() -> Result<()> {
    let mut parent = Command::new("sh");
    parent.args(["-c", r#""$0" --end-with-parent --only postgres & wait"#, env!("CARGO_BIN_EXE_services")]);
    let (mut parent, variables) = start(parent)?;
    let port = port_of(&variables)?;
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok(), "PostgreSQL does not answer");

    parent.kill()?;
    parent.wait()?;

    wait_until("PostgreSQL is gone", || TcpStream::connect(("127.0.0.1", port)).is_err());
    Ok(())
}

fn shell(command: &str) -> Result<Output> {
    Ok(Command::new("sh").args(["-c", command]).output()?)
}

/// Within a minute.
fn wait_until(what: &str, happened: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !happened() {
        assert!(Instant::now() < deadline, "not after a minute: {what}");
        std::thread::yield_now();
    }
}

/// With a PostgreSQL on this port.
fn start_postgres() -> Result<(Child, u16)> {
    let (process, variables) = start(services(&["--only", "postgres"]))?;
    let port = port_of(&variables)?;
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok(), "PostgreSQL does not answer");
    Ok((process, port))
}

fn port_of(variables: &HashMap<String, String>) -> Result<u16> {
    let url = variables.get("QUARRY_TEST_POSTGRES_URL").context("PostgreSQL is not printed")?;
    Ok(url.rsplit(':').next().and_then(|end| end.split('/').next()).context("no port")?.parse()?)
}

/// With the variables that it prints when all its servers run.
fn start(mut command: Command) -> Result<(Child, HashMap<String, String>)> {
    let mut process = command.stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(process.stdout.take().context("no output")?).lines();
    let mut variables = HashMap::new();
    for line in lines.by_ref() {
        let line = line?;
        let Some((name, value)) = line.strip_prefix("export ").and_then(|rest| rest.split_once('=')) else { break };
        variables.insert(name.to_owned(), value.trim_matches('\'').to_owned());
    }
    // The pipe stays open, or what it prints next would end it.
    std::thread::spawn(move || lines.count());
    Ok((process, variables))
}

fn services(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_services"));
    command.args(arguments);
    command
}
