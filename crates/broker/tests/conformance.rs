//! What every broker must do: the same bodies for each implementation.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/virtual_host.rs"]
mod virtual_host;

use std::time::Duration;

use broker::{Broker, MemoryBroker, RabbitBroker};
use domain::JobKind;
use messages::{ChangeNotice, JobDue};
use virtual_host::VirtualHost;

const KIND: JobKind = JobKind::ParseVersion;
const DEADLINE: Duration = Duration::from_secs(60);

fn due(id: &str) -> JobDue {
    JobDue { job_id: id.to_owned() }
}

async fn each_message_goes_to_one_consumer(broker: &dyn Broker) {
    let mut first = broker.consume(KIND, 1).await.unwrap();
    let mut second = broker.consume(KIND, 1).await.unwrap();
    broker.publish(KIND, &due("a")).await.unwrap();
    broker.publish(KIND, &due("b")).await.unwrap();

    let (one, other) = tokio::join!(first.next(), second.next());
    let (one, other) = (one.unwrap(), other.unwrap());

    let mut seen = [one.message.job_id.clone(), other.message.job_id.clone()];
    seen.sort();
    assert_eq!(seen, ["a", "b"]);
    one.acknowledge().await.unwrap();
    other.acknowledge().await.unwrap();
}

async fn what_is_dropped_is_handed_out_again(broker: &dyn Broker) {
    let mut consumer = broker.consume(KIND, 1).await.unwrap();
    broker.publish(KIND, &due("a")).await.unwrap();

    drop(consumer.next().await.unwrap());

    let again = consumer.next().await.unwrap();
    assert_eq!(again.message, due("a"));
    again.acknowledge().await.unwrap();
}

async fn no_more_than_the_prefetch_is_under_way(broker: &dyn Broker) {
    let mut consumer = broker.consume(KIND, 1).await.unwrap();
    broker.publish(KIND, &due("a")).await.unwrap();
    broker.publish(KIND, &due("b")).await.unwrap();
    let held = consumer.next().await.unwrap();

    let early = tokio::time::timeout(Duration::from_millis(20), consumer.next()).await;

    assert!(early.is_err(), "a second delivery came while the first was under way");
    held.acknowledge().await.unwrap();
    consumer.next().await.unwrap().acknowledge().await.unwrap();
}

async fn kinds_do_not_mix(broker: &dyn Broker) {
    let mut parsing = broker.consume(KIND, 1).await.unwrap();
    broker.publish(JobKind::Purge, &due("other")).await.unwrap();
    broker.publish(KIND, &due("mine")).await.unwrap();

    let delivery = parsing.next().await.unwrap();

    assert_eq!(delivery.message, due("mine"));
    delivery.acknowledge().await.unwrap();
}

async fn everyone_hears_a_notice(broker: &dyn Broker) {
    let mut first = broker.listen().await.unwrap();
    let mut second = broker.listen().await.unwrap();

    broker.announce(&ChangeNotice::Tokens).await.unwrap();

    assert_eq!(first.next().await.unwrap(), Some(ChangeNotice::Tokens));
    assert_eq!(second.next().await.unwrap(), Some(ChangeNotice::Tokens));
}

async fn what_was_fetched_ahead_goes_to_others(broker: &dyn Broker) {
    let mut first = broker.consume(KIND, 10).await.unwrap();
    for id in ["a", "b", "c"] {
        broker.publish(KIND, &due(id)).await.unwrap();
    }
    let held = first.next().await.unwrap();

    drop(first);

    let mut second = broker.consume(KIND, 10).await.unwrap();
    let (one, other) = (second.next().await.unwrap(), second.next().await.unwrap());
    let mut seen = [held.message.job_id.clone(), one.message.job_id.clone(), other.message.job_id.clone()];
    seen.sort();
    assert_eq!(seen, ["a", "b", "c"]);
    held.acknowledge().await.unwrap();
}

macro_rules! conforms {
    ($name:ident, $open:ident) => {
        mod $name {
            use super::*;
            conforms!(@each $open => each_message_goes_to_one_consumer what_is_dropped_is_handed_out_again
                no_more_than_the_prefetch_is_under_way kinds_do_not_mix everyone_hears_a_notice
                what_was_fetched_ahead_goes_to_others);
        }
    };
    (@each $open:ident => $($check:ident)*) => {$(
        #[tokio::test]
        async fn $check() {
            // What the broker lives in goes after it.
            let (_home, broker) = $open().await;
            tokio::time::timeout(DEADLINE, super::$check(&broker)).await.unwrap();
        }
    )*};
}

async fn in_memory() -> ((), MemoryBroker) {
    ((), MemoryBroker::default())
}

async fn on_rabbitmq() -> (VirtualHost, RabbitBroker) {
    let home = VirtualHost::new().await;
    let broker = RabbitBroker::connect(home.url()).await.unwrap();
    assert!(broker.is_connected());
    (home, broker)
}

conforms!(memory, in_memory);
conforms!(rabbitmq, on_rabbitmq);
