//! Sending, with confirms.
//!
//! One message at a time on a channel, and several channels: with several on one, the library cannot tell which of them
//! the server returned as unroutable, and would report the loss to another.

use std::{sync::Arc, time::Duration};

use domain::{Error, JobKind};
use lapin::{Confirmation, options::BasicPublishOptions};
use messages::{ChangeNotice, JobDue};
use tokio::{sync::Semaphore, time::timeout};

use super::{
    link::Link,
    refusal,
    session::Session,
    topology,
    wire::{self, Outgoing},
};

/// Messages under way at a time, and so the most channels of the connection.
const UNDER_WAY: usize = 32;
/// How long a sender waits for a connection that is being made again.
const CONNECTION_PATIENCE: Duration = Duration::from_secs(1);
/// From sending to the confirm, and how long a sender waits for others before.
const CONFIRM_PATIENCE: Duration = Duration::from_secs(5);
/// The same for a notice, which may be lost.
const NOTICE_PATIENCE: Duration = Duration::from_secs(1);

/// The sending half, on its own connection.
#[derive(Clone)]
pub(super) struct Publisher {
    link: Link,
    places: Arc<Semaphore>,
}

/// Where a message goes.
struct Route<'a> {
    exchange: &'a str,
    key: &'a str,
    /// Whose queue must take it; if that is not there, the message comes back.
    queue: Option<JobKind>,
}

impl Publisher {
    pub(super) fn new(link: Link) -> Self {
        Self { link, places: Arc::new(Semaphore::new(UNDER_WAY)) }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.link.is_up()
    }

    pub(super) async fn publish(&self, kind: JobKind, message: &JobDue) -> Result<(), Error> {
        let route = Route { exchange: topology::JOBS, key: kind.as_str(), queue: Some(kind) };
        let message = wire::write_job_due(message)?;
        let session = self.link.session_within(CONNECTION_PATIENCE).await?;
        let places = timeout(CONFIRM_PATIENCE, self.places.acquire());
        let _place = places.await.map_err(|late| Error::unavailable("waiting to publish", late))?;
        match timeout(CONFIRM_PATIENCE, send(&session, &route, &message)).await {
            Ok(outcome) => outcome,
            Err(late) => {
                // A blocked connection is sound; a new one would be blocked as well.
                if !session.is_blocked() {
                    session.repair().timed_out(kind, CONFIRM_PATIENCE);
                    session.give_up("a message was not confirmed in time");
                }
                Err(Error::unavailable("publishing to the broker", late))
            }
        }
    }

    pub(super) async fn announce(&self, notice: &ChangeNotice) -> Result<(), Error> {
        let route = Route { exchange: topology::CHANGES, key: "", queue: None };
        let message = wire::write_notice(notice)?;
        let sending = async {
            let session = self.link.session().await?;
            let _place = self.places.acquire().await;
            send(&session, &route, &message).await
        };
        timeout(NOTICE_PATIENCE, sending)
            .await
            .unwrap_or_else(|late| Err(Error::unavailable("announcing a change", late)))
    }
}

/// Returns once the server confirmed it. Gives the session up if something is wrong with it, so that the next one
/// declares the topology again.
async fn send(session: &Session, route: &Route<'_>, message: &Outgoing) -> Result<(), Error> {
    if session.is_blocked() {
        return Err(Error::unavailable("publishing to the broker", "it has no memory or disk left"));
    }
    match confirmed(session, route, message).await {
        Ok(Confirmation::Ack(None)) => {
            route.queue.into_iter().for_each(|kind| session.repair().succeeded(kind));
            Ok(())
        }
        Ok(Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_))) => {
            session.give_up("a message came back: its queue or binding was deleted");
            Err(Error::unavailable("publishing to the broker", "no queue took the message"))
        }
        Ok(Confirmation::Nack(None) | Confirmation::NotRequested) => {
            route.queue.into_iter().for_each(|kind| session.repair().failed(kind));
            Err(Error::unavailable("publishing to the broker", "the queue did not take the message"))
        }
        Err(error) => {
            session.give_up(&error);
            Err(refusal::unavailable("publishing to the broker", &error))
        }
    }
}

async fn confirmed(session: &Session, route: &Route<'_>, message: &Outgoing) -> Result<Confirmation, lapin::Error> {
    let channel = session.confirming_channel().await?;
    let options = BasicPublishOptions { mandatory: route.queue.is_some(), ..BasicPublishOptions::default() };
    let sent = channel
        .basic_publish(route.exchange.into(), route.key.into(), options, &message.body, message.properties.clone())
        .await?;
    let confirmation = sent.await?;
    session.put_back(channel);
    Ok(confirmation)
}
