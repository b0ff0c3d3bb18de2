//! The broker of the distributed mode: RabbitMQ.
//!
//! Two connections, one that publishes and one that consumes, so that a server that slows down publishers does not hold
//! up acknowledgements. Each is rebuilt by a loop of our own (`link.rs`) after any error or time-out, but for a consumer
//! that does not begin: other queues may work. A queue that stays broken is made anew (`repair.rs`).

mod address;
mod consumer;
mod link;
mod listener;
mod publisher;
mod refusal;
mod repair;
mod session;
mod topology;
mod wire;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{Error, JobKind};
use messages::{ChangeNotice, JobDue};

use crate::{Broker, Consumer, Listener};
use address::Address;
use link::Link;
use publisher::Publisher;
use repair::Repair;
use session::Session;

/// How long `consume` waits for a connection.
const CONNECTION_PATIENCE: Duration = Duration::from_secs(10);

/// RabbitMQ behind two supervised connections. Clones share them; they close with the last clone, consumer and listener.
#[derive(Clone)]
pub struct RabbitBroker {
    publisher: Publisher,
    consuming: Link,
}

impl RabbitBroker {
    /// Connects to `amqp://user:password@host:port/vhost` (or `amqps://`) and declares queues and exchanges.
    ///
    /// A server that cannot be reached is no error: the connections are tried again until they stand, and until then
    /// everything here answers [`Error::Unavailable`]. Takes at most some 20 seconds.
    ///
    /// # Errors
    /// [`Error::Invalid`], which names `QUARRY_BROKER_URL` or the queue and says what would be right, if the address is
    /// malformed, the server refuses the credentials or the virtual host, or a queue or exchange exists with other
    /// properties. No text contains the password.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let address = Address::parse(url)?;
        let repair = Repair::new(address.clone());
        let publishing = first_session(&address, &repair, "quarry publishing").await?;
        let consuming = match &publishing {
            Some(_) => first_session(&address, &repair, "quarry consuming").await?,
            None => None,
        };
        let publishing = Link::start(address.clone(), Arc::clone(&repair), "quarry publishing", publishing);
        let consuming = Link::start(address, repair, "quarry consuming", consuming);
        Ok(Self { publisher: Publisher::new(publishing), consuming })
    }
}

async fn first_session(address: &Address, repair: &Arc<Repair>, name: &'static str) -> Result<Option<Session>, Error> {
    match Session::open(address, repair, name).await {
        Ok(session) => Ok(Some(session)),
        Err(Error::Unavailable { during, source }) => {
            let error = Error::Unavailable { during, source };
            tracing::warn!(server = %address, error = error.chain(), "The broker cannot be reached; going on without it");
            Ok(None)
        }
        Err(refused) => Err(refused),
    }
}

#[async_trait]
impl Broker for RabbitBroker {
    async fn publish(&self, kind: JobKind, message: &JobDue) -> Result<(), Error> {
        self.publisher.publish(kind, message).await
    }

    async fn consume(&self, kind: JobKind, prefetch: u16) -> Result<Box<dyn Consumer>, Error> {
        let session = self.consuming.session_within(CONNECTION_PATIENCE).await?;
        Ok(Box::new(consumer::open(session, kind, prefetch).await?))
    }

    async fn announce(&self, notice: &ChangeNotice) -> Result<(), Error> {
        self.publisher.announce(notice).await
    }

    /// Both connections stand, as far as is known.
    fn is_connected(&self) -> bool {
        self.publisher.is_connected() && self.consuming.is_up()
    }

    async fn listen(&self) -> Result<Box<dyn Listener>, Error> {
        Ok(Box::new(listener::start(self.consuming.clone()).await))
    }
}
