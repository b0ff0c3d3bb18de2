#![doc = include_str!("../README.md")]

mod memory;
mod rabbit;

use async_trait::async_trait;
use domain::{Error, JobKind};
use messages::{ChangeNotice, JobDue};

pub use memory::MemoryBroker;
pub use rabbit::RabbitBroker;

/// Every implementation passes the suite in `tests/conformance.rs`, one check for each sentence here.
///
/// [`Error::Unavailable`] means that the broker cannot be used at the moment; nothing else is expected to go wrong.
#[async_trait]
pub trait Broker: Send + Sync + 'static {
    /// Returns once the message is safe and lies in a queue: confirmed and not returned as unroutable. After an error it
    /// may lie there nevertheless. Answers within some ten seconds; many callers at a time are welcome.
    async fn publish(&self, kind: JobKind, message: &JobDue) -> Result<(), Error>;

    /// A consumer of one kind: each message goes to one consumer. At most `prefetch` of its deliveries (at least one) are
    /// under way, further ones wait for others or until it acknowledges. What it fetched ahead goes to others when it is
    /// dropped; deliveries under way outlive it.
    async fn consume(&self, kind: JobKind, prefetch: u16) -> Result<Box<dyn Consumer>, Error>;

    /// Tells every listener of every process. May be lost. Answers within some seconds.
    async fn announce(&self, notice: &ChangeNotice) -> Result<(), Error>;

    /// Whether messages can be sent and received now, for probes: a guess that may be wrong a moment later.
    fn is_connected(&self) -> bool;

    /// Hears what is announced from now on; or from later on, and then the first thing it hears is that some were lost.
    async fn listen(&self) -> Result<Box<dyn Listener>, Error>;
}

/// The receiving end of one queue.
#[async_trait]
pub trait Consumer: Send {
    /// Waits for the next message. An error means that this consumer is finished: make another. Nothing is lost by
    /// no longer waiting.
    async fn next(&mut self) -> Result<Delivery, Error>;
}

/// The receiving end of the notices. Outlives connections.
#[async_trait]
pub trait Listener: Send {
    /// Waits for the next notice. `None`: some were lost, assume that everything changed. Nothing is lost by no longer
    /// waiting. An error means that there will be no more.
    async fn next(&mut self) -> Result<Option<ChangeNotice>, Error>;
}

/// A message that was handed out. Dropping it without `acknowledge` hands it out again, to anybody.
pub struct Delivery {
    pub message: JobDue,
    acknowledge: Box<dyn Acknowledge>,
}

impl Delivery {
    /// The work it asked for is committed, or there was none. After an error the message may be handed out again.
    pub async fn acknowledge(self) -> Result<(), Error> {
        self.acknowledge.acknowledge().await
    }
}

/// What a broker does to forget a delivered message.
#[async_trait]
trait Acknowledge: Send + Sync {
    async fn acknowledge(self: Box<Self>) -> Result<(), Error>;
}
