//! One address for the embedded process, which has another port each time it is started.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// Passes connections on until dropped. Those that come while nobody is behind it wait a while.
pub(crate) struct Front {
    address: SocketAddr,
    behind: watch::Sender<Option<SocketAddr>>,
    tasks: [JoinHandle<()>; 2],
}

/// Between two looks whether the process is about to stop.
const LOOK: Duration = Duration::from_millis(100);
/// As long as a supervisor needs to start a process anew, and longer.
const HOLD: Duration = Duration::from_secs(15);

impl Front {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (behind, seen) = watch::channel(None);
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(async move {
            loop {
                let Ok((client, _)) = listener.accept().await else { continue };
                tokio::spawn(pass(client, seen.clone()));
            }
        });
        let looking = tokio::spawn(look_again(behind.clone()));
        Ok(Self { address, behind, tasks: [accepting, looking] })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Who is behind it from now on.
    pub(crate) fn set(&self, behind: Option<SocketAddr>) {
        self.behind.send_replace(behind);
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Sends nobody any more to a process that says that it stops.
async fn look_again(behind: watch::Sender<Option<SocketAddr>>) {
    loop {
        let address = *behind.borrow();
        if let Some(address) = address
            && matches!(timeout(HOLD, is_stopping(address)).await, Ok(Ok(true)))
        {
            behind.send_if_modified(|now| now.take_if(|now| *now == address).is_some());
        }
        sleep(LOOK).await;
    }
}

async fn is_stopping(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer.ends_with(b"stopping"))
}

/// What one side breaks off is broken off for the other.
async fn pass(mut client: TcpStream, mut behind: watch::Receiver<Option<SocketAddr>>) -> std::io::Result<()> {
    let connect = async {
        loop {
            let address = behind.wait_for(Option::is_some).await.ok().and_then(|address| *address)?;
            if let Ok(server) = TcpStream::connect(address).await {
                return Some(server);
            }
            // It stopped listening and has not been replaced yet.
            behind.changed().await.ok()?;
        }
    };
    let Ok(Some(mut server)) = timeout(HOLD, connect).await else { return Ok(()) };
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    if copy_bidirectional(&mut client, &mut server).await.is_err() {
        client.set_zero_linger()?;
    }
    Ok(())
}
