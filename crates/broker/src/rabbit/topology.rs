//! Queues and exchanges. Described for operators in `proto-docs/messages.md`; a change of any argument needs another name.

use domain::JobKind;
use lapin::{
    Channel, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};

/// The exchange of jobs that are due; routing key: the kind.
pub(super) const JOBS: &str = "quarry.jobs";
/// The exchange of change notices, to every listener's own queue.
pub(super) const CHANGES: &str = "quarry.changes";
/// Exchange and queue of what nobody could read.
pub(super) const DEAD: &str = "quarry.dead";

/// Above the 50 lost attempts after which the database gives a job up, so that the broker never decides first.
const DELIVERY_LIMIT: i32 = 100;
/// Enough to look into; the oldest go first.
const DEAD_KEPT: i32 = 10_000;

/// What could not be declared, and why.
pub(super) struct Undeclared {
    pub(super) what: String,
    /// Whose queue it is, or its binding.
    pub(super) kind: Option<JobKind>,
    pub(super) source: lapin::Error,
}

pub(super) fn queue_of(kind: JobKind) -> String {
    format!("quarry.{}", kind.as_str())
}

/// Declares everything. Does nothing where it exists as it should; what was deleted is made again.
pub(super) async fn declare(channel: &Channel) -> Result<(), Undeclared> {
    exchange(channel, DEAD, ExchangeKind::Fanout).await?;
    queue(channel, DEAD, &[("x-max-length", AMQPValue::LongInt(DEAD_KEPT))]).await?;
    bind(channel, DEAD, DEAD, "").await?;
    exchange(channel, JOBS, ExchangeKind::Direct).await?;
    let arguments = [
        ("x-delivery-limit", AMQPValue::LongInt(DELIVERY_LIMIT)),
        // At most once: nothing depends on a dead letter, and the workers of the other strategy, once they fail, take every
        // queue of the server with them (RabbitMQ 3.10).
        ("x-dead-letter-exchange", text(DEAD)),
    ];
    for kind in JobKind::ALL {
        let name = queue_of(kind);
        let of_kind = |undeclared| Undeclared { kind: Some(kind), ..undeclared };
        queue(channel, &name, &arguments).await.map_err(of_kind)?;
        bind(channel, &name, JOBS, kind.as_str()).await.map_err(of_kind)?;
    }
    exchange(channel, CHANGES, ExchangeKind::Fanout).await
}

async fn exchange(channel: &Channel, name: &str, kind: ExchangeKind) -> Result<(), Undeclared> {
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(name.into(), kind, options, FieldTable::default()).await.map_err(|source| Undeclared {
        what: format!("exchange {name}"),
        kind: None,
        source,
    })
}

async fn queue(channel: &Channel, name: &str, arguments: &[(&str, AMQPValue)]) -> Result<(), Undeclared> {
    let mut table = FieldTable::default();
    table.insert("x-queue-type".into(), text("quorum"));
    for (argument, value) in arguments {
        table.insert((*argument).into(), value.clone());
    }
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    let declared = channel.queue_declare(name.into(), options, table).await;
    declared.map(drop).map_err(|source| Undeclared { what: format!("queue {name}"), kind: None, source })
}

async fn bind(channel: &Channel, queue: &str, exchange: &str, key: &str) -> Result<(), Undeclared> {
    channel
        .queue_bind(queue.into(), exchange.into(), key.into(), QueueBindOptions::default(), FieldTable::default())
        .await
        .map_err(|source| Undeclared { what: format!("binding of queue {queue}"), kind: None, source })
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}
