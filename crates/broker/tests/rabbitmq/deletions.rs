//! An administrator deletes what is in use.

use std::collections::BTreeSet;

use broker::Broker;
use domain::JobKind;
use futures::future::join_all;
use tokio::time::timeout;

use super::{DEADLINE, KIND, consumed, due, next, published, start};

#[tokio::test]
async fn a_deleted_queue_is_made_again_by_the_publisher() {
    let (home, broker) = start().await;
    home.delete_queue("quarry.parse-version").await;

    let first = broker.publish(KIND, &due("a")).await;

    assert!(first.is_err_and(|error| error.is_transient()), "nobody could have taken it");
    published(&broker, KIND, "b").await;
    assert_eq!(consumed(&broker).await, "b");
}

#[tokio::test]
async fn a_deleted_queue_ends_its_consumer_and_is_made_again_by_the_next() {
    let (home, broker) = start().await;
    let mut consumer = broker.consume(KIND, 1).await.unwrap();
    home.delete_queue("quarry.parse-version").await;

    let end = timeout(DEADLINE, consumer.next()).await.unwrap();

    assert!(end.is_err_and(|error| error.is_transient()));
    let mut consumer = broker.consume(KIND, 1).await.unwrap();
    broker.publish(KIND, &due("a")).await.unwrap();
    assert_eq!(next(&mut consumer).await.message, due("a"));
}

#[tokio::test]
async fn a_deleted_binding_is_made_again() {
    let (home, broker) = start().await;
    home.delete_binding("quarry.jobs", "quarry.parse-version", "parse-version").await;

    let first = broker.publish(KIND, &due("a")).await;

    assert!(first.is_err_and(|error| error.is_transient()), "nobody could have taken it");
    published(&broker, KIND, "b").await;
    assert_eq!(consumed(&broker).await, "b");
}

/// The server may confirm several messages at once, and returned ones among them.
#[tokio::test]
async fn what_was_published_lies_in_a_queue_even_if_a_binding_goes_under_way() {
    let (home, broker) = start().await;
    let ids: Vec<(JobKind, String)> =
        (0..200).map(|n| (if n % 2 == 0 { KIND } else { JobKind::Purge }, format!("{n:03}"))).collect();
    let publishing =
        join_all(ids.iter().map(async |(kind, id)| broker.publish(*kind, &due(id)).await.ok().map(|()| id)));
    let deleting = home.delete_binding("quarry.jobs", "quarry.purge", "purge");

    let (outcomes, ()) = tokio::join!(publishing, deleting);

    let told: BTreeSet<String> = outcomes.into_iter().flatten().cloned().collect();
    let mut missing = told;
    for kind in [KIND, JobKind::Purge] {
        let of_kind = |id: &String| ids.iter().any(|(of, it)| *of == kind && it == id);
        let mut consumer = broker.consume(kind, 50).await.unwrap();
        while missing.iter().any(of_kind) {
            let delivery = next(&mut consumer).await;
            missing.remove(&delivery.message.job_id);
            delivery.acknowledge().await.unwrap();
        }
    }
    assert_eq!(missing, BTreeSet::new());
}
