//! Many at a time.

use std::{collections::BTreeSet, time::Duration};

use broker::Broker;
use futures::future::join_all;
use tokio::time::timeout;

use super::{KIND, due, next, start};

#[tokio::test]
async fn a_thousand_messages_from_many_tasks_arrive_once_each() {
    let (_home, broker) = start().await;
    let ids: BTreeSet<String> = (0..1000).map(|n| format!("job-{n}")).collect();
    let publishing = join_all(ids.iter().map(async |id| broker.publish(KIND, &due(id)).await.unwrap()));
    publishing.await;

    let mut consumer = broker.consume(KIND, 100).await.unwrap();
    let mut seen = BTreeSet::new();
    for _ in 0..ids.len() {
        let delivery = next(&mut consumer).await;
        seen.insert(delivery.message.job_id.clone());
        delivery.acknowledge().await.unwrap();
    }

    assert_eq!(seen, ids);
    let more = timeout(Duration::from_millis(100), consumer.next()).await;
    assert!(more.is_err(), "one came twice");
}
