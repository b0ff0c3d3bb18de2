//! Load on an HTTP server: a fixed number of equal requests over connections that are kept.

use std::{
    net::SocketAddr,
    sync::Barrier,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime,
};

const THREADS: usize = 2;
const CONNECTIONS: usize = 32;
pub(crate) const BUFFER: usize = 64 << 10;
pub(crate) const LONGEST_RUN: Duration = Duration::from_secs(120);

/// A request, byte for byte.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) request: Vec<u8>,
}

impl Target {
    /// A GET. `url` is `http://address:port`.
    pub(crate) fn new(url: &str, path: &str, token: &str) -> Result<Self> {
        let host = url.strip_prefix("http://").context("not http")?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n");
        Ok(Self { address: host.parse()?, request: request.into_bytes() })
    }

    /// Head and body of one answer.
    pub(crate) fn answer(&self) -> Result<Vec<u8>> {
        let record = async {
            let mut stream = TcpStream::connect(self.address).await?;
            let mut whole = Vec::new();
            let mut keep = |part: &[u8]| whole.extend_from_slice(part);
            exchange(&mut stream, &self.request, &mut vec![0; BUFFER], &mut keep).await?;
            Ok(whole)
        };
        // The caller may be within a runtime, where no other may block.
        let run = || runtime::Builder::new_current_thread().enable_all().build()?.block_on(record);
        std::thread::scope(|scope| scope.spawn(run).join().map_err(|_| anyhow!("the request failed"))?)
    }

    /// The time for so many requests, all of which must be answered well.
    pub(crate) fn load(&self, requests: usize) -> Result<Duration> {
        let start_line = Barrier::new(THREADS + 1);
        let share = requests / CONNECTIONS;
        std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..THREADS).map(|_| scope.spawn(|| load_from_one_thread(self, share, &start_line))).collect();
            start_line.wait();
            let start = Instant::now();
            for thread in threads {
                thread.join().map_err(|_| anyhow!("a thread of the load failed"))??;
            }
            Ok(start.elapsed())
        })
    }
}

fn load_from_one_thread(target: &Target, share: usize, start_line: &Barrier) -> Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let connected = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        let streams = runtime.block_on(async {
            let mut streams = Vec::new();
            for _ in 0..CONNECTIONS / THREADS {
                let stream = TcpStream::connect(target.address).await?;
                stream.set_nodelay(true)?;
                streams.push(stream);
            }
            anyhow::Ok(streams)
        })?;
        Ok((runtime, streams))
    });
    // Also after a failure: the others wait.
    start_line.wait();
    let (runtime, streams) = connected?;
    let all = async {
        let tasks: Vec<_> =
            streams.into_iter().map(|stream| tokio::spawn(repeat(stream, target.request.clone(), share))).collect();
        for task in tasks {
            task.await??;
        }
        anyhow::Ok(())
    };
    runtime.block_on(async { tokio::time::timeout(LONGEST_RUN, all).await })?
}

async fn repeat(mut stream: TcpStream, request: Vec<u8>, times: usize) -> Result<()> {
    let mut buffer = vec![0; BUFFER];
    for _ in 0..times {
        exchange(&mut stream, &request, &mut buffer, &mut |_| {}).await?;
    }
    Ok(())
}

pub(crate) async fn exchange(
    stream: &mut TcpStream,
    request: &[u8],
    buffer: &mut [u8],
    taken: &mut impl FnMut(&[u8]),
) -> Result<()> {
    stream.write_all(request).await?;
    let mut filled = 0;
    let whole = loop {
        let count = stream.read(&mut buffer[filled..]).await?;
        ensure!(count > 0, "the server hung up");
        filled += count;
        if let Some(whole) = length_of_answer(&buffer[..filled])? {
            break whole;
        }
    };
    taken(&buffer[..filled]);
    let mut missing = whole.checked_sub(filled).context("more than was announced")?;
    while missing > 0 {
        let count = stream.read(buffer).await?;
        ensure!(count > 0, "the server hung up");
        taken(&buffer[..count]);
        missing = missing.checked_sub(count).context("more than was announced")?;
    }
    Ok(())
}

/// Of head and body together, once the head is complete.
fn length_of_answer(start: &[u8]) -> Result<Option<usize>> {
    const END: &[u8] = b"\r\n\r\n";
    let Some(end) = start.windows(END.len()).position(|window| window == END) else { return Ok(None) };
    let head = &start[..end];
    ensure!(head.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(start));
    let length = head.split(|byte| *byte == b'\n').find_map(|line| {
        const NAME: &[u8] = b"content-length:";
        let (name, value) = line.split_at_checked(NAME.len())?;
        name.eq_ignore_ascii_case(NAME).then(|| std::str::from_utf8(value).ok()?.trim().parse::<usize>().ok())?
    });
    Ok(Some(end + END.len() + length.context("an answer without a length")?))
}
