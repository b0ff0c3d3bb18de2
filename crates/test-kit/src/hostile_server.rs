//! Servers that are no Git servers, or wish us ill.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::listener::Listener;
use crate::request::Request;

const REFS: &str = "application/x-git-upload-pack-advertisement";
const PACK: &str = "application/x-git-upload-pack-result";
const SERVICE: &[u8] = b"001e# service=git-upload-pack\n0000";
const FIRST_REF: &[u8] =
    b"005ae83c5163316f89bfbde7d9ab23ca2e25604af290 refs/tags/v1\0side-band-64k ofs-delta agent=x\n";
const END: &[u8] = b"0000";

/// One bad habit, on a free port of this machine; gone when dropped.
pub struct HostileServer {
    listener: Listener,
    requests: Arc<AtomicUsize>,
}

#[derive(Clone)]
enum Habit {
    Silent,
    /// Head and body, then the connection is closed.
    Answer(String, Vec<u8>),
    /// Head and beginning, then single bytes without end.
    Drip(String, Vec<u8>),
    /// Head and beginning, then numbered refs without end.
    EndlessRefs,
    /// A proper list of refs, then this instead of a pack.
    Pack(Vec<u8>),
    /// A proper list of refs, then data without end.
    EndlessPack,
}

impl HostileServer {
    /// Takes requests and never answers.
    pub fn silent() -> Result<Self> {
        Self::start(Habit::Silent)
    }

    /// Sends a list of refs, twenty bytes a second.
    pub fn drip() -> Result<Self> {
        Self::start(Habit::Drip(ok(REFS), SERVICE.to_vec()))
    }

    /// Sends noise where the list of refs should be.
    pub fn garbage() -> Result<Self> {
        let noise = (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        Self::start(Habit::Answer(ok(REFS), noise))
    }

    /// Sends refs for ever.
    pub fn endless_refs() -> Result<Self> {
        Self::start(Habit::EndlessRefs)
    }

    /// Breaks off within the list of refs.
    pub fn cut_refs() -> Result<Self> {
        Self::start(Habit::Answer(ok(REFS), [SERVICE, &FIRST_REF[..40]].concat()))
    }

    /// Refuses in the words of the protocol.
    pub fn error_line() -> Result<Self> {
        Self::start(Habit::Answer(ok(REFS), [SERVICE, b"0018ERR no, not for you\n", END].concat()))
    }

    /// Has a default branch that nothing can be called.
    pub fn strange_branch() -> Result<Self> {
        let line = b"e83c5163316f89bfbde7d9ab23ca2e25604af290 HEAD\0symref=HEAD:refs/heads/ma\0in ofs-delta\n";
        let length = format!("{:04x}", line.len() + 4);
        Self::start(Habit::Answer(ok(REFS), [SERVICE, length.as_bytes(), line, END].concat()))
    }

    /// Sends a web page.
    pub fn html() -> Result<Self> {
        Self::start(Habit::Answer(ok("text/html; charset=utf-8"), b"<!doctype html><title>Sign in</title>".to_vec()))
    }

    /// Serves files, as Git did before 2010.
    pub fn dumb() -> Result<Self> {
        let refs = b"e83c5163316f89bfbde7d9ab23ca2e25604af290\trefs/tags/v1\n";
        Self::start(Habit::Answer(ok("text/plain"), refs.to_vec()))
    }

    /// Sends the client elsewhere.
    pub fn redirect_to(url: &str) -> Result<Self> {
        Self::start(Habit::Answer(format!("HTTP/1.1 302 Found\r\nLocation: {url}\r\n"), Vec::new()))
    }

    /// Answers with this status and nothing else.
    pub fn status(code: u16) -> Result<Self> {
        Self::start(Habit::Answer(format!("HTTP/1.1 {code} Whatever\r\n"), Vec::new()))
    }

    /// Wants to be left alone: until when is the value of `Retry-After`.
    pub fn busy(until: &str) -> Result<Self> {
        Self::start(Habit::Answer(format!("HTTP/1.1 429 Whatever\r\nRetry-After: {until}\r\n"), Vec::new()))
    }

    /// Lists refs properly, then sends noise for a pack.
    pub fn garbage_pack() -> Result<Self> {
        Self::start(Habit::Pack(b"0008NAK\n000d\x01PACKnope0000".to_vec()))
    }

    /// Lists refs properly, then sends a pack that holds nothing.
    pub fn empty_pack() -> Result<Self> {
        let empty = b"0008NAK\n0025\x01PACK\0\0\0\x02\0\0\0\0\x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3\x1e0000";
        Self::start(Habit::Pack(empty.to_vec()))
    }

    /// Lists refs properly, breaks off within the pack.
    pub fn cut_pack() -> Result<Self> {
        Self::start(Habit::Pack(b"0008NAK\n0030\x01PACK".to_vec()))
    }

    /// Lists refs properly, then reports progress for ever.
    pub fn endless_pack() -> Result<Self> {
        Self::start(Habit::EndlessPack)
    }

    pub fn url(&self) -> String {
        format!("{}/repository", self.listener.url())
    }

    /// How many requests came.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    fn start(habit: Habit) -> Result<Self> {
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        let listener = Listener::start(move |stream| converse(stream, habit.clone(), Arc::clone(&counter)))?;
        Ok(Self { listener, requests })
    }
}

fn ok(content_type: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n")
}

async fn converse(mut stream: TcpStream, habit: Habit, counter: Arc<AtomicUsize>) -> Result<()> {
    let (reader, mut writer) = stream.split();
    let Some(request) = Request::read(&mut BufReader::new(reader), &mut writer).await? else { return Ok(()) };
    counter.fetch_add(1, Ordering::SeqCst);
    match habit {
        Habit::Silent => std::future::pending().await,
        Habit::Answer(head, body) => answer(&mut writer, &head, &body).await?,
        Habit::Drip(head, beginning) => drip(&mut writer, &head, &beginning).await?,
        Habit::EndlessRefs => endless_refs(&mut writer).await?,
        Habit::Pack(_) | Habit::EndlessPack if request.method == "GET" => {
            answer(&mut writer, &ok(REFS), &[SERVICE, FIRST_REF, END].concat()).await?;
        }
        Habit::Pack(body) => answer(&mut writer, &ok(PACK), &body).await?,
        Habit::EndlessPack => endless_pack(&mut writer).await?,
    }
    writer.shutdown().await?;
    Ok(())
}

async fn answer(writer: &mut (impl AsyncWrite + Unpin), head: &str, body: &[u8]) -> Result<()> {
    writer.write_all(format!("{head}Connection: close\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes()).await?;
    Ok(writer.write_all(body).await?)
}

async fn drip(writer: &mut (impl AsyncWrite + Unpin), head: &str, beginning: &[u8]) -> Result<()> {
    writer.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).await?;
    writer.write_all(beginning).await?;
    let mut clock = tokio::time::interval(Duration::from_millis(50));
    for byte in FIRST_REF.iter().cycle() {
        clock.tick().await;
        writer.write_all(&[*byte]).await?;
    }
    Ok(())
}

async fn endless_refs(writer: &mut (impl AsyncWrite + Unpin)) -> Result<()> {
    writer.write_all(format!("{}Connection: close\r\n\r\n", ok(REFS)).as_bytes()).await?;
    writer.write_all(SERVICE).await?;
    for number in 0_u64.. {
        let line = format!("e83c5163316f89bfbde7d9ab23ca2e25604af290 refs/pull/{number}/head\n");
        writer.write_all(format!("{:04x}{line}", line.len() + 4).as_bytes()).await?;
    }
    Ok(())
}

async fn endless_pack(writer: &mut (impl AsyncWrite + Unpin)) -> Result<()> {
    writer.write_all(format!("{}Connection: close\r\n\r\n0008NAK\n", ok(PACK)).as_bytes()).await?;
    let progress = b"000f\x02Still busy".repeat(1000);
    loop {
        writer.write_all(&progress).await?;
    }
}
