//! A network between us and the server that can go silent.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// Passes connections on to a server, or takes them and says nothing. Ends with the value.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    frozen: watch::Sender<bool>,
    _connections: JoinSet<()>,
}

impl Proxy {
    /// `port` 0: any.
    pub(crate) async fn start(port: u16, server: SocketAddr, frozen: bool) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let frozen = watch::Sender::new(frozen);
        let mut connections = JoinSet::new();
        connections.spawn(accept(listener, server, frozen.subscribe()));
        Self { port, frozen, _connections: connections }
    }

    /// No byte passes any more, and no end of a connection.
    pub(crate) fn freeze(&self) {
        self.frozen.send_replace(true);
    }

    /// New connections are passed on. What was frozen stays so.
    pub(crate) fn thaw(&self) {
        self.frozen.send_replace(false);
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, frozen: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(pass(client, server, frozen.clone()));
    }
}

async fn pass(mut client: TcpStream, server: SocketAddr, mut frozen: watch::Receiver<bool>) {
    let mut server = TcpStream::connect(server).await.unwrap();
    let freeze = async move { drop(frozen.wait_for(|frozen| *frozen).await) };
    tokio::select! {
        biased;
        () = freeze => std::future::pending().await,
        _ = copy_bidirectional(&mut client, &mut server) => {}
    }
}
