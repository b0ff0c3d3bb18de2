//! In front of the S3 server: one request a connection, passed on with the host that was signed, or spoiled.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::super::random::Random;

/// How often and how calls fail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StoreFaults {
    /// Of a hundred calls.
    pub(crate) percent: u64,
    /// Nothing can be written any more.
    pub(crate) full: bool,
}

/// What may befall a call.
#[derive(Clone, Copy)]
enum Fault {
    Busy,
    Broken,
    ResetBefore,
    ResetAfter,
    CutAnswer,
    Late,
}

const FAULTS: [Fault; 6] =
    [Fault::Busy, Fault::Broken, Fault::ResetBefore, Fault::ResetAfter, Fault::CutAnswer, Fault::Late];

pub(crate) struct StoreProxy {
    port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    upstream: u16,
    faults: Mutex<(StoreFaults, Random)>,
    calls: AtomicU64,
    failed: AtomicU64,
}

impl StoreProxy {
    pub(crate) async fn start(upstream: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            upstream,
            faults: Mutex::new((StoreFaults::default(), Random::new(0))),
            calls: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { port, shared, task })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn set(&self, faults: StoreFaults) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).0 = faults;
    }

    pub(crate) fn seed(&self, random: Random) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).1 = random;
    }

    /// Calls so far, and how many of them were spoiled.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.shared.calls.load(Ordering::Relaxed), self.shared.failed.load(Ordering::Relaxed))
    }
}

impl Drop for StoreProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let _ = client.set_nodelay(true);
            let _ = serve(client, &shared).await;
        });
    }
}

async fn serve(mut client: TcpStream, shared: &Shared) -> Result<()> {
    let request = Request::read(&mut client).await?;
    let Some((faults, fault)) = shared.choose() else {
        return pass(&mut client, &request, shared.upstream, None).await;
    };
    if faults.full && request.writes {
        shared.failed.fetch_add(1, Ordering::Relaxed);
        return refuse(&mut client, "507 Insufficient Storage", "StorageFull").await;
    }
    let Some(fault) = fault else { return pass(&mut client, &request, shared.upstream, None).await };
    shared.failed.fetch_add(1, Ordering::Relaxed);
    match fault {
        Fault::Busy => refuse(&mut client, "503 Slow Down", "SlowDown").await,
        Fault::Broken => refuse(&mut client, "500 Internal Server Error", "InternalError").await,
        Fault::ResetBefore => Ok(client.set_zero_linger()?),
        Fault::ResetAfter => {
            ask(&request, shared.upstream).await?;
            Ok(client.set_zero_linger()?)
        }
        Fault::CutAnswer => pass(&mut client, &request, shared.upstream, Some(())).await,
        Fault::Late => {
            sleep(Duration::from_secs(2)).await;
            pass(&mut client, &request, shared.upstream, None).await
        }
    }
}

async fn refuse(client: &mut TcpStream, status: &str, code: &str) -> Result<()> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>Spoiled</Message></Error>"
    );
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes()).await?;
    client.write_all(body.as_bytes()).await?;
    Ok(client.shutdown().await?)
}

/// The answer whole, or without its second half.
async fn pass(client: &mut TcpStream, request: &Request, upstream: u16, cut: Option<()>) -> Result<()> {
    let answer = ask(request, upstream).await?;
    let length = if cut.is_some() { answer.len() / 2 } else { answer.len() };
    client.write_all(answer.get(..length).unwrap_or_default()).await?;
    Ok(client.shutdown().await?)
}

async fn ask(request: &Request, upstream: u16) -> Result<Vec<u8>> {
    let mut server = TcpStream::connect(("127.0.0.1", upstream)).await?;
    server.set_nodelay(true)?;
    server.write_all(&request.bytes).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// A whole request as it is sent on: the server is asked to close the connection behind its answer.
struct Request {
    bytes: Vec<u8>,
    writes: bool,
}

impl Request {
    async fn read(client: &mut TcpStream) -> Result<Self> {
        let mut bytes = Vec::new();
        let end = loop {
            let count = client.read_buf(&mut bytes).await?;
            ensure!(count > 0, "no request came");
            if let Some(end) = find(&bytes, b"\r\n\r\n") {
                break end;
            }
        };
        let body = bytes.split_off(end + 4);
        let head = String::from_utf8(bytes)?;
        let writes = head.starts_with("PUT") || head.starts_with("POST");
        let mut request = Vec::new();
        for line in head.trim_end().split("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("connection:")) {
            request.extend_from_slice(line.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"connection: close\r\n\r\n");
        request.extend(read_body(client, &head, body).await?);
        Ok(Self { bytes: request, writes })
    }
}

async fn read_body(client: &mut TcpStream, head: &str, mut body: Vec<u8>) -> Result<Vec<u8>> {
    let header = |name: &str| {
        let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    let chunked = header("transfer-encoding").is_some();
    let length: usize = header("content-length").unwrap_or_default().parse().unwrap_or(0);
    while if chunked { !body.ends_with(b"0\r\n\r\n") } else { body.len() < length } {
        let count = client.read_buf(&mut body).await?;
        ensure!(count > 0, "the request was cut");
    }
    Ok(body)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|part| part == wanted)
}

impl Shared {
    /// `None` when all is well.
    fn choose(&self) -> Option<(StoreFaults, Option<Fault>)> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut guard = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let (faults, random) = &mut *guard;
        if *faults == StoreFaults::default() {
            return None;
        }
        let fault = if random.chance(faults.percent) { random.pick(&FAULTS).copied() } else { None };
        Some((*faults, fault))
    }
}
