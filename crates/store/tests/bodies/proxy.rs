//! A way to the server that a test can cut.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// What becomes of the next commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Commit {
    Passes = 0,
    /// The server never hears of it.
    CutBefore,
    /// The server does it, and its answer is lost.
    CutAfter,
    /// The server does it, and nobody ever says anything again.
    Hangs,
}

pub(crate) struct Proxy {
    /// Of the database, by way of the proxy.
    pub(crate) url: String,
    next: Arc<AtomicU8>,
}

impl Proxy {
    pub(crate) async fn start(url: &str) -> Self {
        let (head, rest) = url.split_once("://").unwrap();
        let (authority, path) = rest.split_once('/').unwrap();
        let (user, server) = authority.split_once('@').unwrap_or(("postgres", authority));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{head}://{user}@{}/{path}", listener.local_addr().unwrap());
        let (next, server) = (Arc::new(AtomicU8::new(0)), server.to_owned());
        let plan = Arc::clone(&next);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (client, server) = (client.into_split(), TcpStream::connect(&server).await.unwrap().into_split());
                tokio::spawn(carry(client, server, Arc::clone(&plan)));
            }
        });
        Self { url, next }
    }

    pub(crate) fn plan(&self, commit: Commit) {
        self.next.store(commit as u8, Ordering::SeqCst);
    }
}

/// Ends when either side does, and both with it.
async fn carry(client: (OwnedReadHalf, OwnedWriteHalf), server: (OwnedReadHalf, OwnedWriteHalf), next: Arc<AtomicU8>) {
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) = (client, server);
    let (mut sent, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    let mut under_way = Commit::Passes as u8;
    loop {
        tokio::select! {
            read = from_client.read(&mut sent) => {
                let Ok(count @ 1..) = read else { return };
                let is_commit = sent[..count].windows(7).any(|part| part == b"COMMIT\0");
                if is_commit {
                    under_way = next.swap(Commit::Passes as u8, Ordering::SeqCst);
                }
                if under_way == Commit::CutBefore as u8 || to_server.write_all(&sent[..count]).await.is_err() {
                    return;
                }
            }
            read = from_server.read(&mut answered) => {
                let Ok(count @ 1..) = read else { return };
                if under_way == Commit::CutAfter as u8 {
                    return;
                }
                if under_way != Commit::Hangs as u8 && to_client.write_all(&answered[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}
