//! A server in a thread of its own, so that tests need no runtime and may block.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Listens on a free port of this machine until dropped; connections end with it.
pub(crate) struct Listener {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Gives each connection to `handle`.
    pub(crate) fn start<F, H>(handle: H) -> Result<Self>
    where
        H: Fn(TcpStream) -> F + Send + 'static,
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        let (report, address) = mpsc::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await else { return };
                let _ = report.send(listener.local_addr());
                tokio::select! {
                    () = accept(&listener, handle) => {}
                    _ = stopped => {}
                }
            });
        });
        let address = address.recv().context("no free port")??;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Takes connections for ever.
pub(crate) async fn accept<F, H>(listener: &TcpListener, handle: H)
where
    H: Fn(TcpStream) -> F,
    F: Future<Output = Result<()>> + Send + 'static,
{
    loop {
        // That a client goes away is no failure of ours.
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(handle(stream));
        }
    }
}
