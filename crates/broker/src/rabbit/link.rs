//! A connection that is made anew whenever it is lost: the supervision loop.

use std::{sync::Arc, time::Duration};

use domain::Error;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
    task::AbortHandle,
    time::{Instant, error::Elapsed, sleep, timeout},
};

use super::{
    address::Address,
    repair::Repair,
    session::{STEP, Session},
};

/// The pause before the first attempt to connect again; doubled after each.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause. A session that lived longer starts the pauses afresh.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Hands out the current session. Ends its loop with the last clone.
#[derive(Clone)]
pub(super) struct Link {
    sessions: watch::Receiver<Option<Arc<Session>>>,
    _supervisor: Arc<AbortOnDrop>,
}

/// A task that ends with its owner.
pub(super) struct AbortOnDrop(pub(super) AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Link {
    /// Supervises from now on. Without a `first` session, somebody has already told that the server cannot be reached.
    pub(super) fn start(address: Address, repair: Arc<Repair>, name: &'static str, first: Option<Session>) -> Self {
        let first = first.map(Arc::new);
        let (sender, sessions) = watch::channel(first.clone());
        let supervisor =
            Supervisor { address, repair, name, sessions: sender, troubled: first.is_none(), silent: false };
        let task = tokio::spawn(supervisor.run(first));
        Self { sessions, _supervisor: Arc::new(AbortOnDrop(task.abort_handle())) }
    }

    /// Waits until there is a session.
    pub(super) async fn session(&self) -> Result<Arc<Session>, Error> {
        let mut sessions = self.sessions.clone();
        let usable = |session: &Option<Arc<Session>>| session.as_ref().is_some_and(|session| session.is_usable());
        let current = sessions.wait_for(usable).await.ok().and_then(|session| session.clone());
        current.ok_or_else(|| Error::unavailable("waiting for the broker", "the connection was given up for good"))
    }

    /// The same, for so long.
    pub(super) async fn session_within(&self, patience: Duration) -> Result<Arc<Session>, Error> {
        match timeout(patience, self.session()).await {
            Ok(session) => session,
            Err(_) => Err(Error::unavailable("waiting for the broker", "there is no connection")),
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.sessions.borrow().as_ref().is_some_and(|session| session.is_usable())
    }
}

struct Supervisor {
    address: Address,
    repair: Arc<Repair>,
    name: &'static str,
    sessions: watch::Sender<Option<Arc<Session>>>,
    /// There is no connection, and it was told.
    troubled: bool,
    /// The last attempt got no answer at all.
    silent: bool,
}

impl Supervisor {
    async fn run(mut self, first: Option<Arc<Session>>) {
        let mut pause = FIRST_PAUSE;
        let mut told = String::new();
        if let Some(session) = first {
            self.serve(session).await;
        }
        loop {
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            match self.open().await {
                Ok(session) => {
                    told.clear();
                    let since = Instant::now();
                    self.serve(Arc::new(session)).await;
                    if since.elapsed() > LONGEST_PAUSE {
                        pause = FIRST_PAUSE;
                    }
                }
                // Once for each reason: another one may need an operator.
                Err(error) if error.chain() != told => {
                    told = error.chain();
                    tracing::warn!(connection = self.name, server = %self.address, error = told,
                        "Cannot connect to the broker; trying again");
                }
                Err(_) => {}
            }
        }
    }

    /// A server that takes connections and says nothing would leave a thread behind with each attempt, since the library
    /// cannot give up a handshake. So once that happened, see first that somebody answers.
    async fn open(&mut self) -> Result<Session, Error> {
        let probed = if self.silent { timeout(STEP, answers(&self.address)).await } else { Ok(Ok(())) };
        let opened = match probed {
            Ok(Ok(())) => Session::open(&self.address, &self.repair, self.name).await,
            Ok(Err(error)) => Err(Error::unavailable("connecting to the broker", error)),
            Err(late) => Err(Error::unavailable("connecting to the broker", late)),
        };
        self.silent = matches!(&opened, Err(Error::Unavailable { source, .. }) if source.is::<Elapsed>());
        opened
    }

    /// Hands the session out until it is over.
    async fn serve(&mut self, session: Arc<Session>) {
        if self.troubled {
            tracing::info!(connection = self.name, server = %self.address, "Connected to the broker");
        }
        self.sessions.send_replace(Some(Arc::clone(&session)));
        let reason = session.watch_over().await;
        self.sessions.send_replace(None);
        self.troubled = true;
        tracing::warn!(connection = self.name, server = %self.address, reason, "Lost the broker; connecting again");
        tokio::spawn(async move { session.close().await });
    }
}

/// Begins the protocol and waits for the first byte of an answer. Over TLS the connection alone must do.
async fn answers(address: &Address) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address.host_and_port()).await?;
    if address.is_plain() {
        stream.write_all(b"AMQP\x00\x00\x09\x01").await?;
        stream.read_u8().await?;
    }
    Ok(())
}
