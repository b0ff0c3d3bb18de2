//! One connection, from opening to its end. It is never repaired, only replaced.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::Error;
use futures::{FutureExt, StreamExt};
use lapin::{Channel, Connection, ConnectionProperties, Event, options::ConfirmSelectOptions};
use tokio::{
    sync::{self, watch},
    time::{interval, timeout},
};

use super::{
    address::Address,
    refusal,
    repair::Repair,
    topology::{self, Undeclared},
};

/// The longest that one step with the server may take.
pub(super) const STEP: Duration = Duration::from_secs(10);
/// The longest wait for the server's goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// How often the state is looked at, should an event have been missed.
const LOOK: Duration = Duration::from_secs(1);
/// The reply code of a normal end.
pub(super) const REPLY_SUCCESS: u16 = 200;

/// A connection, as a rule one whose topology was declared.
pub(super) struct Session {
    /// Channels with confirms that nobody uses at the moment.
    idle: Mutex<Vec<Channel>>,
    connection: Connection,
    /// See [`Session::turn`].
    turns: sync::Mutex<()>,
    repair: Arc<Repair>,
    /// Why it is over, once it is.
    end: watch::Sender<Option<String>>,
}

impl Session {
    /// Connects and declares the topology. `name` is what operators see beside the connection.
    pub(super) async fn open(address: &Address, repair: &Arc<Repair>, name: &str) -> Result<Self, Error> {
        let session = Self::connect(address, repair, name).await?;
        session.channel().await?;
        Ok(session)
    }

    /// Connects, and declares nothing.
    pub(super) async fn connect(address: &Address, repair: &Arc<Repair>, name: &str) -> Result<Self, Error> {
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connecting = Connection::connect_uri(address.uri(), properties);
        let connection = timeout(STEP, connecting)
            .await
            .map_err(|late| Error::unavailable("connecting to the broker", late))
            .and_then(|connected| connected.map_err(|error| refusal::connecting(address, error)))
            .inspect_err(|_| repair.forget())?;
        let (turns, end, repair) = (sync::Mutex::default(), watch::Sender::new(None), Arc::clone(repair));
        Ok(Self { idle: Mutex::default(), connection, turns, repair, end })
    }

    /// Told of every queue that fails or works.
    pub(super) fn repair(&self) -> &Arc<Repair> {
        &self.repair
    }

    /// To be held while declaring and consuming: an internal error of the server ends the connection for all and does not
    /// tell what it is about, so nobody else may be asking.
    pub(super) async fn turn(&self) -> Result<sync::MutexGuard<'_, ()>, Error> {
        let turn = self.turns.lock().await;
        if self.is_usable() {
            Ok(turn)
        } else {
            Err(Error::unavailable("waiting for the broker", "the connection was given up"))
        }
    }

    /// A new channel, after the topology was declared on it: what an administrator deleted is there again.
    pub(super) async fn channel(&self) -> Result<Channel, Error> {
        let channel = self.bare_channel().await?;
        timeout(STEP, topology::declare(&channel))
            .await
            .map_err(|late| Error::unavailable("declaring the queues of the broker", late))?
            .map_err(|undeclared| self.declaring(undeclared))?;
        Ok(channel)
    }

    fn declaring(&self, undeclared: Undeclared) -> Error {
        if let Some(kind) = undeclared.kind
            && refusal::is_internal(&undeclared.source)
        {
            self.repair.failed(kind);
        }
        refusal::declaring(&undeclared.what, undeclared.source)
    }

    /// A new channel, and nothing else.
    pub(super) async fn bare_channel(&self) -> Result<Channel, Error> {
        step("opening a channel of the broker", self.connection.create_channel()).await
    }

    /// A channel with confirms, for one message at a time: [`Session::put_back`] it after a clean confirm, else drop it.
    pub(super) async fn confirming_channel(&self) -> Result<Channel, lapin::Error> {
        let idle = self.idle().pop();
        if let Some(channel) = idle {
            return Ok(channel);
        }
        let channel = self.connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(channel)
    }

    /// Nothing is under way on `channel`.
    pub(super) fn put_back(&self, channel: Channel) {
        self.idle().push(channel);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Channel>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server has no memory or disk left and takes no messages for now. The connection itself is sound.
    pub(super) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    pub(super) fn is_usable(&self) -> bool {
        self.end.borrow().is_none() && self.connection.status().connected()
    }

    /// Something went wrong on it: it is to be replaced. The first reason stays.
    pub(super) fn give_up(&self, reason: impl ToString) {
        self.end.send_if_modified(|end| {
            let first = end.is_none();
            if first {
                *end = Some(reason.to_string());
            }
            first
        });
    }

    /// Returns when the session is over, with the reason.
    pub(super) async fn over(&self) -> String {
        let mut end = self.end.subscribe();
        let reason = end.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        reason.unwrap_or_default()
    }

    /// The same, and finds out by itself when the connection ends. For the one who replaces it.
    pub(super) async fn watch_over(&self) -> String {
        let mut events = self.connection.events_listener().fuse().boxed();
        let mut look = interval(LOOK);
        loop {
            tokio::select! {
                reason = self.over() => return reason,
                Some(event) = events.next() => if let Event::Error(error) = event {
                    self.give_up(error);
                },
                _ = look.tick() => if !self.connection.status().connected() {
                    self.give_up("the connection was closed");
                },
            }
        }
    }

    /// Says goodbye, without waiting long for an answer.
    pub(super) async fn close(&self) {
        let _ = timeout(GOODBYE, self.connection.close(REPLY_SUCCESS, "OK".into())).await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Polling once is enough to send it. Channels would otherwise keep the connection open.
        let _ = self.connection.close(REPLY_SUCCESS, "OK".into()).now_or_never();
    }
}

/// One step with the server, under the time-out.
pub(super) async fn step<T>(
    during: &'static str,
    future: impl Future<Output = Result<T, lapin::Error>>,
) -> Result<T, Error> {
    match timeout(STEP, future).await {
        Ok(outcome) => outcome.map_err(|error| refusal::unavailable(during, &error)),
        Err(late) => Err(Error::unavailable(during, late)),
    }
}
