//! Private servers start, die, and come back with their data on the same ports.

use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::Result;
use serde_json::json;
use tempfile::TempDir;
use test_kit::services::{Database, Postgres, RabbitMq, S3Server, VirtualHost};

#[test]
fn postgres_keeps_its_rows_when_it_is_killed() -> Result<()> {
    let folder = TempDir::new()?;
    let mut server = Postgres::start(&folder.path().join("postgres"))?;
    let address = server.url();
    let database = Database::create_at(&address)?;
    database.ask("CREATE TABLE names (name text); INSERT INTO names VALUES ('network'), ('storage')")?;

    server.kill()?;
    assert!(database.ask("SELECT 1").is_err(), "a killed server answers");
    server.start_again()?;

    assert_eq!(server.url(), address);
    assert_eq!(database.ask("SELECT name FROM names ORDER BY name")?, "network\nstorage");
    assert_eq!(database.ask("SHOW fsync")?, "off");
    server.restart()?;
    assert_eq!(database.ask("SELECT count(*) FROM names")?, "2");
    Ok(())
}

#[test]
fn settings_of_postgres_can_be_chosen() -> Result<()> {
    let folder = TempDir::new()?;
    let server = Postgres::start_with(&folder.path().join("postgres"), &[("fsync", "on")])?;

    assert_eq!(Database::create_at(&server.url())?.ask("SHOW fsync")?, "on");
    Ok(())
}

#[test]
fn a_database_goes_away_with_its_value() -> Result<()> {
    let folder = TempDir::new()?;
    let server = Postgres::start(&folder.path().join("postgres"))?;
    let (one, other) = (Database::create_at(&server.url())?, Database::create_at(&server.url())?);
    let question = format!("SELECT count(*) FROM pg_database WHERE datname = '{}'", one.name());
    assert_eq!(other.ask(&question)?, "1");

    drop(one);

    assert_eq!(other.ask(&question)?, "0");
    Ok(())
}

#[test]
fn rabbitmq_keeps_durable_queues_when_it_is_killed() -> Result<()> {
    let folder = TempDir::new()?;
    let mut server = RabbitMq::start(&folder.path().join("rabbitmq"))?;
    let host = VirtualHost::create_at(&server.url(), &server.api())?;
    let queue = format!("/api/queues/{}/jobs", host.name());
    let quorum = json!({"durable": true, "arguments": {"x-queue-type": "quorum"}});
    host.manage("PUT", &queue, &quorum.to_string())?;

    server.kill()?;
    assert!(host.manage("GET", &queue, "").is_err(), "a killed server answers");
    server.start_again()?;

    assert_eq!(host.manage("GET", &queue, "")?["name"], "jobs");
    Ok(())
}

#[test]
fn the_s3_server_refuses_what_is_not_signed() -> Result<()> {
    let folder = TempDir::new()?;
    let mut server = S3Server::start(&folder.path().join("s3"))?;
    assert_eq!(status_of_unsigned_get(&server)?, "403");

    server.kill()?;
    assert!(status_of_unsigned_get(&server).is_err(), "a killed server answers");
    server.start_again()?;

    assert_eq!(status_of_unsigned_get(&server)?, "403");
    Ok(())
}

fn status_of_unsigned_get(server: &S3Server) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port()))?;
    write!(stream, "GET /{}/some-key HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n", S3Server::BUCKET)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.split(' ').nth(1).unwrap_or_default().to_owned())
}
