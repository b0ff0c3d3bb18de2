//! Messages that nobody can read.

use broker::Broker;
use serde_json::json;

use super::{KIND, due, next, start};

#[tokio::test]
async fn what_cannot_be_read_is_put_aside_and_the_next_is_served() {
    let (home, broker) = start().await;
    let key = KIND.as_str();
    home.publish(key, json!({ "quarry-format": 1 }), "no JSON").await;
    home.publish(key, json!({ "quarry-format": 1 }), r#"{"other":"fields"}"#).await;
    home.publish(key, json!({ "quarry-format": 2 }), r#"{"job_id":"of a later format"}"#).await;
    home.publish(key, json!({ "quarry-format": "1" }), r#"{"job_id":"of an odd format"}"#).await;
    home.publish(key, json!({}), r#"{"job_id":"of no format"}"#).await;
    broker.publish(KIND, &due("good")).await.unwrap();

    let mut consumer = broker.consume(KIND, 1).await.unwrap();
    let delivery = next(&mut consumer).await;

    assert_eq!(delivery.message, due("good"));
    delivery.acknowledge().await.unwrap();
    assert_eq!(
        home.take("quarry.dead", 5).await,
        [
            "no JSON",
            r#"{"job_id":"of a later format"}"#,
            r#"{"job_id":"of an odd format"}"#,
            r#"{"job_id":"of no format"}"#,
            r#"{"other":"fields"}"#,
        ]
    );
}

#[tokio::test]
async fn fields_of_a_later_release_are_no_harm() {
    let (home, broker) = start().await;
    home.publish(KIND.as_str(), json!({ "quarry-format": 1 }), r#"{"job_id":"a","hint":true}"#).await;

    let delivery = next(&mut broker.consume(KIND, 1).await.unwrap()).await;

    assert_eq!(delivery.message, due("a"));
}
