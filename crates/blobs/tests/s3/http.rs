//! As much HTTP as a misbehaving server and a plain client need: one request for each connection.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Request {
    /// The request line and the headers, with the empty line.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// `GET`, and so on.
    pub(crate) fn method(&self) -> &str {
        self.head.split(' ').next().unwrap()
    }

    /// Path and query.
    pub(crate) fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }
}

/// The first bytes of an answer, which end the connection, or nothing but the end of it.
pub(crate) enum Reply {
    Bytes(Vec<u8>),
    Reset,
    /// Not even the end.
    Silence,
}

impl Reply {
    pub(crate) fn status(status: u16, body: &str) -> Self {
        Self::with_headers(status, "", body.as_bytes(), body.len())
    }

    /// A body whose length the head may not tell truly. `headers` end in line ends.
    pub(crate) fn with_headers(status: u16, headers: &str, body: &[u8], length: usize) -> Self {
        let head = format!("HTTP/1.1 {status} Told\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n");
        Self::Bytes([head.as_bytes(), body].concat())
    }
}

/// Answers with what `handle` says until the test is over. Returns the endpoint.
pub(crate) async fn serve<H, F>(handle: H) -> String
where
    H: Fn(Request) -> F + Clone + Send + 'static,
    F: Future<Output = Reply> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let handle = handle.clone();
            tokio::spawn(async move { answer(stream, handle).await });
        }
    });
    endpoint
}

async fn answer<H, F>(mut stream: TcpStream, handle: H)
where
    H: Fn(Request) -> F,
    F: Future<Output = Reply>,
{
    let Some(request) = read_request(&mut stream).await else { return };
    match handle(request).await {
        Reply::Bytes(bytes) => {
            // The client may have gone; that is its affair.
            drop(stream.write_all(&bytes).await);
            drop(stream.shutdown().await);
        }
        Reply::Reset => drop(stream),
        Reply::Silence => std::future::pending().await,
    }
}

/// `None` when the client went away before it had said all.
async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_length = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let mut body = bytes.split_off(head_length);
    let head = String::from_utf8(bytes).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
    });
    while body.len() < length.unwrap_or(0) {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { head, body })
}

/// Sends `request` to `endpoint` and returns all of the answer, as it came.
pub(crate) async fn forward(endpoint: &str, request: &Request) -> Vec<u8> {
    let address: SocketAddr = endpoint.strip_prefix("http://").unwrap().parse().unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = request.head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    stream.write_all(&[head.as_bytes(), &request.body].concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}

/// What a client sees that knows nothing but the address: the status and the body.
pub(crate) async fn get(address: &str) -> (u16, Vec<u8>) {
    let (host, target) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let head = format!("GET /{target} HTTP/1.1\r\nhost: {host}\r\n\r\n");
    let answer = forward(&format!("http://{host}"), &Request { head, body: Vec::new() }).await;
    let head_length = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let (head, body) = answer.split_at(head_length);
    let status = String::from_utf8_lossy(head).split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_vec())
}
