//! A small load balancer: one address for several processes, which survives their restarts.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

const PAUSE: Duration = Duration::from_millis(100);
/// A process that stands still takes connections and answers nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// Passes connections on, one after the other, to those whose `/readyz` answers 200; to the next one where a connection
/// cannot be opened. When none is ready, any that takes connections may say so itself. Listens until dropped.
pub struct Balancer {
    address: SocketAddr,
    backends: Arc<Backends>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Backends {
    all: RwLock<Vec<Arc<Backend>>>,
    turn: AtomicUsize,
}

/// The place of one process behind the balancer.
#[derive(Default)]
pub(super) struct Backend {
    address: Mutex<Option<SocketAddr>>,
    is_ready: AtomicBool,
}

impl Balancer {
    /// On a free port.
    pub fn start() -> Result<Self> {
        Self::start_at("127.0.0.1:0")
    }

    /// On this address and port.
    pub fn start_at(address: &str) -> Result<Self> {
        let wanted: SocketAddr = address.parse().with_context(|| format!("{address} is no address with a port"))?;
        let backends = Arc::new(Backends::default());
        let (stop, stopped) = oneshot::channel();
        let (report, address) = mpsc::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let served = Arc::clone(&backends);
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = match TcpListener::bind(wanted).await {
                    Ok(listener) => listener,
                    Err(error) => return drop(report.send(Err(error))),
                };
                let _ = report.send(listener.local_addr());
                tokio::select! {
                    () = accept(&listener, &served) => {}
                    () = watch(&served) => {}
                    _ = stopped => {}
                }
            });
        });
        let address = address.recv()?.with_context(|| format!("cannot listen on {wanted}"))?;
        Ok(Self { address, backends, stop: Some(stop), thread: Some(thread) })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A place for one more process.
    pub(super) fn add(&self) -> Arc<Backend> {
        let backend = Arc::new(Backend::default());
        self.backends.all.write().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&backend));
        backend
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Backend {
    /// Where the process listens now; `None` while it does not run.
    pub(super) fn set_address(&self, address: Option<SocketAddr>) {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = address;
        self.is_ready.store(false, Ordering::Release);
    }

    fn address(&self) -> Option<SocketAddr> {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn probe(&self) {
        let Some(address) = self.address() else { return };
        let answer = tokio::time::timeout(PATIENCE, is_ready(address)).await;
        let is_ready = matches!(answer, Ok(Ok(true)));
        // What an earlier process answered says nothing about the one that followed.
        if self.address() == Some(address) {
            self.is_ready.store(is_ready, Ordering::Release);
        }
    }
}

impl Backends {
    fn list(&self) -> Vec<Arc<Backend>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Those that are ready in turn, then the others.
    fn order(&self) -> Vec<SocketAddr> {
        let mut backends = self.list();
        if !backends.is_empty() {
            let start = self.turn.fetch_add(1, Ordering::Relaxed) % backends.len();
            backends.rotate_left(start);
        }
        backends.sort_by_key(|backend| !backend.is_ready.load(Ordering::Acquire));
        backends.iter().filter_map(|backend| backend.address()).collect()
    }
}

async fn accept(listener: &TcpListener, backends: &Arc<Backends>) {
    loop {
        if let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass_on(client, Arc::clone(backends)));
        }
    }
}

/// Where nobody takes the connection, the client sees it closed.
async fn pass_on(mut client: TcpStream, backends: Arc<Backends>) -> std::io::Result<()> {
    for address in backends.order() {
        if let Ok(Ok(mut server)) = tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await {
            client.set_nodelay(true)?;
            server.set_nodelay(true)?;
            copy_bidirectional(&mut client, &mut server).await?;
            return Ok(());
        }
    }
    Ok(())
}

/// Asks all of them every tenth of a second; one that stands still holds up no other. Whoever is alone need not be asked.
async fn watch(backends: &Backends) {
    loop {
        let all = backends.list();
        if all.len() > 1 {
            for backend in all {
                tokio::spawn(async move { backend.probe().await });
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn is_ready(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: balancer\r\nConnection: close\r\n\r\n").await?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await?;
    Ok(status.ends_with(b" 200"))
}
