//! In front of PostgreSQL: passes bytes on, or keeps, delays, chops or cuts them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::super::random::Random;

/// How the wire behaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Wire {
    Pass,
    /// Nobody is there: connections end, and new ones end at once.
    Down,
    /// Nobody answers, and nothing ends.
    Silent,
    /// Everything takes this much longer, in each direction.
    Slow(Duration),
    /// Bytes come a few at a time.
    Sliced,
    /// Of a hundred commits, this many are cut off: passed on or not, but never answered.
    CutCommits(u64),
}

/// As libpq sends it, at the end of a transaction.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

pub(crate) struct DatabaseProxy {
    port: u16,
    wire: watch::Sender<Wire>,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    upstream: u16,
    cuts: AtomicU64,
    random: Mutex<Random>,
}

impl DatabaseProxy {
    pub(crate) async fn start(upstream: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let (wire, seen) = watch::channel(Wire::Pass);
        let shared = Arc::new(Shared { upstream, cuts: AtomicU64::new(0), random: Mutex::new(Random::new(0)) });
        let task = tokio::spawn(accept(listener, seen, Arc::clone(&shared)));
        Ok(Self { port, wire, shared, task })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// From now on, also for connections that are there.
    pub(crate) fn set(&self, wire: Wire) {
        self.wire.send_replace(wire);
    }

    /// Chance decides which commits are cut, and where.
    pub(crate) fn seed(&self, random: Random) {
        *self.shared.random.lock().unwrap_or_else(PoisonError::into_inner) = random;
    }

    /// Commits cut off so far.
    pub(crate) fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for DatabaseProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, wire: watch::Receiver<Wire>, shared: Arc<Shared>) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        let (wire, shared) = (wire.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            let _ = client.set_nodelay(true);
            let _ = serve(client, wire, &shared).await;
        });
    }
}

async fn serve(client: TcpStream, mut wire: watch::Receiver<Wire>, shared: &Shared) -> std::io::Result<()> {
    if *wire.borrow() == Wire::Down {
        return client.set_zero_linger();
    }
    let server = TcpStream::connect(("127.0.0.1", shared.upstream)).await?;
    server.set_nodelay(true)?;
    let _ = client.set_zero_linger();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (asking, answering) = (wire.clone(), wire.clone());
    tokio::select! {
        outcome = ask(from_client, to_server, asking, shared) => outcome,
        outcome = answer(from_server, to_client, answering) => outcome,
        _ = wire.wait_for(|wire| *wire == Wire::Down) => Ok(()),
    }
}

async fn ask(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut wire: watch::Receiver<Wire>,
    shared: &Shared,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = from.read(&mut buffer).await?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(());
        }
        let now = *wire.borrow();
        if let Wire::CutCommits(percent) = now
            && bytes.windows(COMMIT.len()).any(|part| part == COMMIT)
            && let Some(passes) = shared.cut(percent)
        {
            if passes {
                to.write_all(bytes).await?;
                // So that it has happened, whoever asks next.
                sleep(Duration::from_millis(20)).await;
            }
            return Ok(());
        }
        pass(bytes, &mut to, &mut wire).await?;
    }
}

async fn answer(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut wire: watch::Receiver<Wire>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = from.read(&mut buffer).await?;
        let bytes = buffer.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            return Ok(());
        }
        pass(bytes, &mut to, &mut wire).await?;
    }
}

async fn pass(bytes: &[u8], to: &mut OwnedWriteHalf, wire: &mut watch::Receiver<Wire>) -> std::io::Result<()> {
    if *wire.borrow() == Wire::Silent {
        let _ = wire.wait_for(|wire| *wire != Wire::Silent).await;
    }
    let now = *wire.borrow();
    match now {
        Wire::Slow(time) => {
            // What was slow is not slow for ever.
            let _ = timeout(time, wire.wait_for(|wire| !matches!(wire, Wire::Slow(_)))).await;
            to.write_all(bytes).await
        }
        Wire::Sliced => {
            for slice in bytes.chunks(97) {
                to.write_all(slice).await?;
                tokio::task::yield_now().await;
            }
            Ok(())
        }
        _ => to.write_all(bytes).await,
    }
}

impl Shared {
    /// `None`: this commit is spared. Otherwise whether the server hears of it.
    fn cut(&self, percent: u64) -> Option<bool> {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        if !random.chance(percent) {
            return None;
        }
        self.cuts.fetch_add(1, Ordering::Relaxed);
        Some(random.chance(50))
    }
}
