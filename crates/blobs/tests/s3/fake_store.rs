//! A server that calls itself S3 and does not look at signatures.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::http::{Reply, Request, serve};

const NONE: &str = "<Error><Code>NoSuchKey</Code><Message>None</Message></Error>";
const LISTED: &str = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conditions {
    Obeyed,
    Ignored,
}

/// Keeps bytes in memory and returns its endpoint.
pub(crate) async fn start(conditions: Conditions) -> String {
    let objects = Arc::new(Mutex::new(HashMap::<String, Vec<u8>>::new()));
    serve(move |request| {
        let objects = Arc::clone(&objects);
        async move { answer(conditions, &mut objects.lock().unwrap(), request) }
    })
    .await
}

fn answer(conditions: Conditions, objects: &mut HashMap<String, Vec<u8>>, request: Request) -> Reply {
    const HEADERS: &str = "etag: \"1\"\r\nlast-modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n";
    let target = request.target().to_owned();
    let refuses = conditions == Conditions::Obeyed && request.head.contains("if-none-match: *");
    match (request.method(), objects.get(&target)) {
        ("PUT", Some(_)) if refuses => Reply::status(412, "<Error><Code>PreconditionFailed</Code></Error>"),
        ("PUT", _) => {
            objects.insert(target, request.body);
            Reply::with_headers(200, HEADERS, b"", 0)
        }
        ("DELETE", _) => {
            objects.remove(&target);
            Reply::status(204, "")
        }
        (_, Some(body)) => Reply::with_headers(200, HEADERS, body, body.len()),
        (_, None) if target.contains("list-type") => Reply::status(200, LISTED),
        (_, None) => Reply::status(404, NONE),
    }
}
