//! A bare actix-web server that repeats a recorded answer, for `make bench` to compare with: `anchor FILE` serves the
//! HTTP answer in the file under the file's name, on a free port.

use std::path::Path;

use actix_web::{
    App, HttpResponse, HttpServer,
    web::{Bytes, get},
};

/// As many as Quarry has on a small machine.
const WORKERS: usize = 2;
/// What the server writes itself.
const ITS_OWN: [&str; 3] = ["content-length", "date", "connection"];

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let file = std::env::args_os().nth(1).ok_or_else(|| std::io::Error::other("anchor FILE"))?;
    let file = Path::new(&file);
    let path = format!("/{}", file.file_name().unwrap_or_default().to_string_lossy());
    let (headers, body) = take_apart(&std::fs::read(file)?)?;

    let server = HttpServer::new(move || {
        let (headers, body) = (headers.clone(), body.clone());
        let repeat = move || {
            let mut response = HttpResponse::Ok();
            for (name, value) in &headers {
                response.insert_header((name.as_str(), value.as_str()));
            }
            std::future::ready(response.body(body.clone()))
        };
        App::new().route(&path, get().to(repeat))
    });
    let server = server.workers(WORKERS).bind(("127.0.0.1", 0))?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    server.run().await
}

type Headers = Vec<(String, String)>;

/// Headers and body of an answer.
fn take_apart(answer: &[u8]) -> std::io::Result<(Headers, Bytes)> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, body) =
        end.and_then(|end| answer.split_at_checked(end + 4)).ok_or_else(|| std::io::Error::other("no head"))?;
    let head = String::from_utf8_lossy(head);
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers = headers.filter(|(name, _)| !ITS_OWN.contains(&name.to_ascii_lowercase().as_str()));
    Ok((headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), Bytes::copy_from_slice(body)))
}
