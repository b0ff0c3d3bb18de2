//! A server that calls itself S3, looks at no signature, and replaces what it is told to keep.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};

type Objects = Arc<Mutex<HashMap<String, Vec<u8>>>>;

const LISTED: &str = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
const NONE: &str = "<Error><Code>NoSuchKey</Code></Error>";
const HEADERS: &str = "ETag: \"1\"\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n";

/// Its endpoint; it runs until the tests are over.
pub(crate) fn start() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let objects = Objects::default();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let objects = Arc::clone(&objects);
            // A client that goes away is none of its business.
            std::thread::spawn(move || drop(answer(stream, &objects)));
        }
    });
    Ok(endpoint)
}

/// One request for each connection.
fn answer(stream: TcpStream, objects: &Objects) -> Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse()?,
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = first.split(' ');
    let (method, target) = (words.next().context("no method")?, words.next().context("no target")?);
    let (status, body) = handle(method, target, body, objects);
    let mut stream = reader.into_inner();
    write!(stream, "HTTP/1.1 {status} Said\r\nConnection: close\r\n{HEADERS}Content-Length: {}\r\n\r\n", body.len())?;
    Ok(stream.write_all(&body)?)
}

fn handle(method: &str, target: &str, body: Vec<u8>, objects: &Objects) -> (u16, Vec<u8>) {
    let mut objects = objects.lock().expect("nobody panicked");
    match (method, objects.get(target)) {
        ("PUT", _) => {
            objects.insert(target.to_owned(), body);
            (200, Vec::new())
        }
        ("DELETE", _) => {
            objects.remove(target);
            (204, Vec::new())
        }
        (_, Some(found)) => (200, found.clone()),
        (_, None) if target.contains("list-type") => (200, LISTED.into()),
        (_, None) => (404, NONE.into()),
    }
}
