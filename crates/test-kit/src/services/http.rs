//! As much of an HTTP client as the management API needs, blocking.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// `server` is `http://user:password@host:port`, `path` begins with a slash.
pub(super) fn request(server: &str, method: &str, path: &str, body: &str) -> Result<Answer> {
    let server = Url::parse(server)?;
    let (host, port) = (server.host_str().context("no host")?, server.port_or_known_default().context("no port")?);
    let login = STANDARD.encode(format!("{}:{}", server.username(), server.password().unwrap_or_default()));
    let mut stream = TcpStream::connect((host, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    // With HTTP/1.0 the answer ends where the connection ends, and comes in one piece.
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: {host}:{port}\r\nAuthorization: Basic {login}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
    let status = head.split(' ').nth(1).context("no HTTP status")?.parse()?;
    Ok(Answer { status, body: body.to_owned() })
}
