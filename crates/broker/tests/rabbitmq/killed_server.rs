//! A server that is killed, and comes back with a queue that it cannot start.

use std::time::{Duration, Instant};

use broker::{Broker, RabbitBroker};
use domain::Error;
use test_kit::services::{RabbitMq, VirtualHost};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::block_in_place,
    time::{sleep, timeout},
};

use super::{KIND, due, published};

/// From the making of the queue to the kill: the server writes a while later which folder is the queue's.
const KILLS: [Duration; 3] = [Duration::from_millis(500), Duration::from_millis(100), Duration::from_millis(1000)];
/// After this no further round begins.
const ROUNDS: Duration = Duration::from_secs(15);
/// From the time when the server answers again.
const RECOVERY: Duration = Duration::from_secs(60);
/// Before a broken consumer is made anew, and before a job is announced again.
const PAUSE: Duration = Duration::from_secs(1);

/// Takes and acknowledges all there is, as a worker does; tells the ids.
async fn work(broker: RabbitBroker, worked: UnboundedSender<String>) {
    loop {
        // It ends with its queue, and with the server.
        let _: Result<(), Error> = take_all(&broker, &worked).await;
        sleep(PAUSE).await;
    }
}

async fn take_all(broker: &RabbitBroker, worked: &UnboundedSender<String>) -> Result<(), Error> {
    let mut consumer = broker.consume(KIND, 1).await?;
    loop {
        let delivery = consumer.next().await?;
        let _ = worked.send(delivery.message.job_id.clone());
        delivery.acknowledge().await?;
    }
}

/// Announces a job again and again, as a dispatcher does, until that is confirmed and a worker got it.
async fn done(broker: &RabbitBroker, worked: &mut UnboundedReceiver<String>, id: &str) {
    let began = Instant::now();
    loop {
        let confirmed = broker.publish(KIND, &due(id)).await;
        let seen = async { while worked.recv().await.unwrap() != id {} };
        if timeout(PAUSE, seen).await.is_ok() && confirmed.is_ok() {
            return;
        }
        assert!(began.elapsed() < RECOVERY, "nobody gets {id}; the last attempt to publish it: {confirmed:?}");
    }
}

/// The server may know the queue afterwards and not be able to start it.
#[tokio::test(flavor = "multi_thread")]
async fn survives_a_kill_right_after_a_queue_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = block_in_place(|| RabbitMq::start(folder.path())).unwrap();
    let home = block_in_place(|| VirtualHost::create_at(&server.url(), &server.api())).unwrap();
    let queue = format!("/api/queues/{}/quarry.{}", home.name(), KIND.as_str());
    // Two processes, and both may find that the queue is broken.
    let broker = RabbitBroker::connect(&home.url()).await.unwrap();
    let (sender, mut worked) = unbounded_channel();
    let working = tokio::spawn(work(RabbitBroker::connect(&home.url()).await.unwrap(), sender));
    let began = Instant::now();
    for pause in KILLS {
        done(&broker, &mut worked, &format!("before a kill after {pause:?}")).await;
        block_in_place(|| home.manage("DELETE", &queue, "")).unwrap();
        published(&broker, KIND, "into the new queue").await;
        sleep(pause).await;

        block_in_place(|| server.kill().and_then(|()| server.start_again())).unwrap();

        done(&broker, &mut worked, &format!("after a kill after {pause:?}")).await;
        if began.elapsed() > ROUNDS {
            break;
        }
    }
    working.abort();
}
