//! Hearing change notices. A task keeps a queue at the server, whichever connection that takes.

use std::time::Duration;

use async_trait::async_trait;
use domain::Error;
use futures::StreamExt;
use lapin::{
    Channel,
    options::{BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions},
    types::FieldTable,
};
use messages::ChangeNotice;
use tokio::{
    sync::{broadcast, oneshot},
    time::timeout,
};

use super::{
    link::{AbortOnDrop, Link},
    session::{Session, step},
    topology, wire,
};
use crate::Listener;

const LISTENING: &str = "listening for notices";
/// A listener that is so far behind is told to assume that everything changed.
const NOTICES_KEPT: usize = 1024;
/// How long `listen` waits until the queue stands.
const PATIENCE: Duration = Duration::from_secs(2);

/// The end of the task's channel.
pub(super) struct RabbitListener {
    notices: broadcast::Receiver<Option<ChangeNotice>>,
    _task: AbortOnDrop,
}

/// Hears what is announced from now on, or, without a connection, from the time when there is one: then it tells that
/// some were missed.
pub(super) async fn start(link: Link) -> RabbitListener {
    let (sender, notices) = broadcast::channel(NOTICES_KEPT);
    let (listening, heard) = oneshot::channel();
    let task = tokio::spawn(hear(link, sender, listening));
    let _ = timeout(PATIENCE, heard).await;
    RabbitListener { notices, _task: AbortOnDrop(task.abort_handle()) }
}

#[async_trait]
impl Listener for RabbitListener {
    async fn next(&mut self) -> Result<Option<ChangeNotice>, Error> {
        match self.notices.recv().await {
            Ok(notice) => Ok(notice),
            Err(broadcast::error::RecvError::Lagged(_)) => Ok(None),
            Err(source) => Err(Error::unavailable(LISTENING, source)),
        }
    }
}

async fn hear(link: Link, notices: broadcast::Sender<Option<ChangeNotice>>, listening: oneshot::Sender<()>) {
    let mut listening = Some(listening);
    while let Ok(session) = link.session().await {
        match subscribe(&session).await {
            Ok((_channel, deliveries)) => {
                // Nobody waits for the first one any more, or it is not the first: something was missed.
                if listening.take().is_none_or(|first| first.send(()).is_err()) {
                    let _ = notices.send(None);
                }
                tokio::select! {
                    () = forward(deliveries, &notices) => session.give_up("a listener's queue was deleted"),
                    _ = session.over() => {}
                }
            }
            Err(error) => session.give_up(error.chain()),
        }
    }
}

/// A queue of its own, which goes with the connection.
async fn subscribe(session: &Session) -> Result<(Channel, lapin::Consumer), Error> {
    let _turn = session.turn().await?;
    let channel = session.channel().await?;
    let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
    let declared = step(LISTENING, channel.queue_declare("".into(), options, FieldTable::default())).await?;
    let queue = declared.name().clone();
    let exchange = topology::CHANGES.into();
    let binding =
        channel.queue_bind(queue.clone(), exchange, "".into(), QueueBindOptions::default(), FieldTable::default());
    step(LISTENING, binding).await?;
    let options = BasicConsumeOptions { no_ack: true, exclusive: true, ..BasicConsumeOptions::default() };
    let deliveries = step(LISTENING, channel.basic_consume(queue, "".into(), options, FieldTable::default())).await?;
    Ok((channel, deliveries))
}

/// Passes on what arrives, until the consumer ends.
async fn forward(mut deliveries: lapin::Consumer, notices: &broadcast::Sender<Option<ChangeNotice>>) {
    while let Some(Ok(delivery)) = deliveries.next().await {
        // What cannot be read may be about anything.
        let notice = wire::read_notice(&delivery)
            .inspect_err(|reason| tracing::warn!(reason, "A notice of change cannot be read"))
            .ok();
        let _ = notices.send(notice);
    }
}
