//! What only RabbitMQ can do to us: administrators, lost connections, foreign messages.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "rabbitmq/administrator.rs"]
mod administrator;
#[path = "rabbitmq/dead_letters.rs"]
mod dead_letters;
#[path = "rabbitmq/deletions.rs"]
mod deletions;
#[path = "rabbitmq/killed_server.rs"]
mod killed_server;
#[path = "rabbitmq/proxy.rs"]
mod proxy;
#[path = "rabbitmq/reconnecting.rs"]
mod reconnecting;
#[path = "rabbitmq/refusals.rs"]
mod refusals;
#[path = "support/virtual_host.rs"]
mod virtual_host;
#[path = "rabbitmq/volume.rs"]
mod volume;

use std::time::{Duration, Instant};

use broker::{Broker, Consumer, Delivery, RabbitBroker};
use domain::JobKind;
use messages::JobDue;
use tokio::time::timeout;
use virtual_host::VirtualHost;

const KIND: JobKind = JobKind::ParseVersion;
/// Everything that is waited for happens within this time, or the test fails.
const DEADLINE: Duration = Duration::from_secs(60);

async fn start() -> (VirtualHost, RabbitBroker) {
    let home = VirtualHost::new().await;
    let broker = RabbitBroker::connect(home.url()).await.unwrap();
    (home, broker)
}

fn due(id: &str) -> JobDue {
    JobDue { job_id: id.to_owned() }
}

async fn next(consumer: &mut Box<dyn Consumer>) -> Delivery {
    timeout(DEADLINE, consumer.next()).await.unwrap().unwrap()
}

/// The next message of the kind, by whichever consumer gets it.
async fn consumed(broker: &RabbitBroker) -> String {
    let began = Instant::now();
    while began.elapsed() < DEADLINE {
        let Ok(mut consumer) = broker.consume(KIND, 1).await else { continue };
        let Ok(delivery) = timeout(DEADLINE, consumer.next()).await.unwrap() else { continue };
        let id = delivery.message.job_id.clone();
        if delivery.acknowledge().await.is_ok() {
            return id;
        }
    }
    panic!("nothing was consumed in time");
}

/// Tries until it is published, as a dispatcher does.
async fn published(broker: &RabbitBroker, kind: JobKind, id: &str) {
    let began = Instant::now();
    while let Err(error) = broker.publish(kind, &due(id)).await {
        assert!(error.is_transient(), "{}", error.chain());
        assert!(began.elapsed() < DEADLINE, "not published in time: {}", error.chain());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
