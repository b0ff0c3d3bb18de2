//! Receiving jobs, with acknowledgements.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{Error, JobKind};
use futures::{FutureExt, StreamExt, TryFutureExt};
use lapin::{
    Acker, Channel,
    options::{
        BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions, BasicRejectOptions,
    },
    types::FieldTable,
};
use tokio::{
    runtime::Handle,
    time::{Instant, timeout},
};

use super::{
    refusal,
    session::{REPLY_SUCCESS, STEP, Session, step},
    topology, wire,
};
use crate::{Acknowledge, Consumer, Delivery};

const CONSUMING: &str = "consuming from the broker";
/// The longest wait for the server to begin: meanwhile no other queue of the connection can be asked.
const CONSUME_PATIENCE: Duration = Duration::from_secs(5);
/// A consumer that the server ends sooner never worked.
const AT_ONCE: Duration = Duration::from_secs(2);

/// One channel with one consumer: the prefetch is its own.
pub(super) struct RabbitConsumer {
    kind: JobKind,
    deliveries: lapin::Consumer,
    channel: Channel,
    session: Arc<Session>,
    opened: Instant,
}

pub(super) async fn open(session: Arc<Session>, kind: JobKind, prefetch: u16) -> Result<RabbitConsumer, Error> {
    let turn = session.turn().await?;
    let give_up = |error: &Error| session.give_up(error.chain());
    let channel = channel(&session, prefetch).await.inspect_err(give_up)?;
    let queue = topology::queue_of(kind);
    let options = BasicConsumeOptions::default();
    let consuming = channel.basic_consume(queue.as_str().into(), "".into(), options, FieldTable::default());
    let note = |error: &lapin::Error| {
        if refusal::is_internal(error) {
            session.repair().failed(kind);
        }
    };
    let subscribed = match timeout(CONSUME_PATIENCE, consuming.inspect_err(note)).await {
        Ok(outcome) => outcome.map_err(|error| refusal::unavailable(CONSUMING, &error)).inspect_err(give_up),
        // The connection is kept: other queues work on it. Should it be dead, its heartbeats tell. But the channel must go,
        // or a consumer that nobody reads would begin later; polling once sends that.
        Err(late) => {
            let _ = channel.close(REPLY_SUCCESS, "nobody waits any more".into()).now_or_never();
            session.repair().timed_out(kind, CONSUME_PATIENCE);
            Err(Error::unavailable(CONSUMING, late))
        }
    };
    drop(turn);
    let deliveries = subscribed?;
    Ok(RabbitConsumer { kind, deliveries, channel, session, opened: Instant::now() })
}

async fn channel(session: &Session, prefetch: u16) -> Result<Channel, Error> {
    let channel = session.channel().await?;
    // The server takes 0 for no limit at all.
    step(CONSUMING, channel.basic_qos(prefetch.max(1), BasicQosOptions::default())).await?;
    Ok(channel)
}

#[async_trait]
impl Consumer for RabbitConsumer {
    async fn next(&mut self) -> Result<Delivery, Error> {
        loop {
            let delivery = tokio::select! {
                delivery = self.deliveries.next() => delivery,
                reason = self.session.over() => return Err(Error::unavailable(CONSUMING, reason)),
            };
            let delivery = match delivery {
                Some(delivery) => delivery.map_err(|error| refusal::unavailable(CONSUMING, &error))?,
                None => return Err(self.ended()),
            };
            self.session.repair().succeeded(self.kind);
            match wire::read_job_due(&delivery) {
                Ok(message) => {
                    let held = Held {
                        acker: Some(delivery.acker),
                        _channel: self.channel.clone(),
                        _session: Arc::clone(&self.session),
                    };
                    return Ok(Delivery { message, acknowledge: Box::new(held) });
                }
                Err(reason) => {
                    tracing::warn!(kind = self.kind.as_str(), reason, "A message goes to {}", topology::DEAD);
                    // Polling once sends it, and nothing is lost if the caller stops waiting here.
                    let _ = delivery.acker.reject(BasicRejectOptions { requeue: false }).now_or_never();
                }
            }
        }
    }
}

impl RabbitConsumer {
    fn ended(&self) -> Error {
        if self.session.is_usable() && self.opened.elapsed() < AT_ONCE {
            self.session.repair().failed(self.kind);
        }
        Error::unavailable(CONSUMING, "the server ended it; was the queue deleted?")
    }
}

impl Drop for RabbitConsumer {
    fn drop(&mut self) {
        // Deliveries under way keep the channel open, and with it those that nobody asked for yet.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(timeout(STEP, hand_back(self.channel.clone(), self.deliveries.clone())));
        }
    }
}

/// Gives what was fetched ahead to other consumers.
async fn hand_back(channel: Channel, mut deliveries: lapin::Consumer) {
    if channel.basic_cancel(deliveries.tag(), BasicCancelOptions::default()).await.is_err() {
        return;
    }
    while let Some(Ok(delivery)) = deliveries.next().await {
        // Newer servers do not count this against the delivery limit; rightly, since nobody tried.
        let _ = delivery.acker.nack(BasicNackOptions { requeue: true, multiple: false }).await;
    }
}

/// A delivery under way: goes back to the queue unless acknowledged. Outlives its consumer.
struct Held {
    acker: Option<Acker>,
    _channel: Channel,
    _session: Arc<Session>,
}

#[async_trait]
impl Acknowledge for Held {
    async fn acknowledge(mut self: Box<Self>) -> Result<(), Error> {
        const DURING: &str = "acknowledging a message";
        let Some(acker) = self.acker.take() else { return Ok(()) };
        if step(DURING, acker.ack(BasicAckOptions::default())).await? {
            Ok(())
        } else {
            Err(Error::unavailable(DURING, "its connection is gone; the broker hands it out again"))
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(acker) = self.acker.take() {
            // Polling once sends it. Unlike a negative acknowledgement, every server counts it.
            let _ = acker.reject(BasicRejectOptions { requeue: true }).now_or_never();
        }
    }
}
