//! `quarry publish` against a registry that is away now and then, or slow.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};

const MODULE: &str = "GET /api/v2/organizations/acme/registry-modules/private/acme/vpc/aws";
const RESYNC: &str = "POST /api/v2/registry-modules/mod-1/actions/resync?explicit=true";
const BEFORE: &str = "2026-01-01T00:00:00.000Z";
const AFTER: &str = "2026-01-01T00:00:01.000Z";

#[test]
fn it_goes_on_after_answers_that_ask_for_patience_and_after_none_at_all() -> Result<()> {
    let polls = AtomicUsize::new(0);
    let resyncs = AtomicUsize::new(0);
    let start = Instant::now();
    let output = publish_at(move |request| match request {
        RESYNC if resyncs.fetch_add(1, Ordering::SeqCst) == 0 => Answer::busy(503, "1"),
        RESYNC => Answer::ok(202, json!({})),
        // The first two looks are those before each resync.
        MODULE => match polls.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => module(BEFORE),
            2 => Answer::busy(503, "1"),
            3 => Answer::busy(429, "1"),
            4 => Answer::Nothing,
            5 => module(BEFORE),
            6 => Answer::busy(503, "1"),
            _ => module(AFTER),
        },
        _ => Answer::ok(200, json!({})),
    })?;

    let said = String::from_utf8(output.stderr)?;
    assert!(output.status.success(), "{said}");
    assert!(start.elapsed() >= Duration::from_secs(5), "it asks again before it should");
    assert!(String::from_utf8(output.stdout)?.contains(r#"source  = "quarry.local/acme/vpc/aws""#));
    // One line for each time away, however many requests fail.
    assert_eq!(said.matches("asking again for up to 120 s").count(), 3, "{said}");
    assert_eq!(said.matches("the registry answers again").count(), 3, "{said}");
    assert!(said.contains("the registry refused: the database is away (503 Service Unavailable)"), "{said}");
    Ok(())
}

#[test]
fn it_says_once_what_it_waits_for() -> Result<()> {
    let resynced = AtomicUsize::new(0);
    let output = publish_at(move |request| match request {
        RESYNC => {
            resynced.store(1, Ordering::SeqCst);
            Answer::ok(202, json!({}))
        }
        // Looked at some seconds later.
        MODULE if resynced.load(Ordering::SeqCst) > 0 && resynced.fetch_add(1, Ordering::SeqCst) > 25 => module(AFTER),
        MODULE => module(BEFORE),
        _ => Answer::ok(200, json!({})),
    })?;

    assert!(output.status.success());
    assert_eq!(
        String::from_utf8(output.stderr)?,
        "1 of 1 versions ok, 0 failed; waiting until the server has looked at the tags\n1 of 1 versions ok, 0 failed\n"
    );
    Ok(())
}

#[test]
fn it_gives_up_at_once_where_no_registry_answers() -> Result<()> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;

    let output = publish(&format!("http://{address}"))?;

    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr)?;
    assert!(said.contains("does not answer; is `quarry serve` running?"), "{said}");
    assert!(!said.contains("asking again"), "{said}");
    Ok(())
}

#[test]
fn it_gives_up_at_once_where_it_is_refused() -> Result<()> {
    let output = publish_at(|_| Answer::ok(403, json!({"errors": [{"title": "forbidden"}]})))?;

    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr)?.contains("the registry refused: forbidden"));
    Ok(())
}

/// What the registry does with a request.
enum Answer {
    Json {
        status: u16,
        headers: String,
        body: Value,
    },
    /// It closes the connection.
    Nothing,
}

impl Answer {
    fn ok(status: u16, body: Value) -> Self {
        Self::Json { status, headers: String::new(), body }
    }

    fn busy(status: u16, retry_after: &str) -> Self {
        let body = json!({"errors": [{"status": status.to_string(), "title": "the database is away"}]});
        Self::Json { status, headers: format!("Retry-After: {retry_after}\r\n"), body }
    }
}

/// With one version that is `ok`.
fn module(synced_at: &str) -> Answer {
    let repository = json!({
        "identifier": "acme/terraform-aws-vpc",
        "repository-http-url": "https://git.example.org/acme/terraform-aws-vpc",
        "synced-at": synced_at,
    });
    let versions = json!([{"version": "1.0.0", "status": "ok"}]);
    let attributes = json!({"vcs-repo": repository, "version-statuses": versions});
    Answer::ok(200, json!({"data": {"id": "mod-1", "type": "registry-modules", "attributes": attributes}}))
}

/// Runs the command against a registry that answers like this to `METHOD /path`.
fn publish_at(answer: impl Fn(&str) -> Answer + Send + 'static) -> Result<Output> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // The command goes away while it is answered; what it then says about that is asserted.
            let _ = converse(stream, &answer);
        }
    });
    publish(&format!("http://{address}"))
}

fn publish(server: &str) -> Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_quarry"))
        .args(["publish", "https://git.example.org/acme/terraform-aws-vpc.git", "--organization", "acme"])
        .args(["--server", server])
        .env_clear()
        .env("QUARRY_TOKEN", "a-token")
        .output()
        .context("starting quarry")
}

/// One request, one answer.
fn converse(stream: TcpStream, answer: &impl Fn(&str) -> Answer) -> Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut request, mut length) = (String::new(), 0);
    reader.read_line(&mut request)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let request = request.rsplit_once(" HTTP").context("no request")?.0;
    let Answer::Json { status, headers, body } = answer(request) else { return Ok(()) };
    let body = body.to_string();
    write!(
        reader.get_mut(),
        "HTTP/1.1 {status} {}\r\nContent-Type: application/vnd.api+json\r\n{headers}Content-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        if status == 503 { "Service Unavailable" } else { "Answer" },
        body.len()
    )?;
    Ok(())
}
