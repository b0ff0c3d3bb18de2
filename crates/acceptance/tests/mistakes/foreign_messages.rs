//! Messages that no release of ours sent, or an older one: they go to `quarry.dead`, and work goes on.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use test_kit::cluster::{Plan, Roles};
use test_kit::services::VirtualHost;
use test_kit::{Api, wait_for};

use crate::world::World;

const KINDS: [&str; 6] = ["sync-repository", "ingest-version", "ingest-upload", "parse-version", "purge", "visit-host"];

fn publish(host: &VirtualHost, exchange: &str, kind: &str, (properties, payload): &(Value, &str)) -> Result<()> {
    let message =
        json!({"properties": properties, "routing_key": kind, "payload": payload, "payload_encoding": "string"});
    let path = format!("/api/exchanges/{}/{exchange}/publish", host.name());
    let answer = host.manage("POST", &path, &message.to_string())?;
    ensure!(exchange == "quarry.changes" || answer["routed"] == true, "{kind}: {answer}");
    Ok(())
}

/// How many messages wait in the queue of the dead, by looking at each.
fn dead(host: &VirtualHost) -> Result<Vec<Value>> {
    let body = json!({"count": 1000, "ackmode": "ack_requeue_true", "encoding": "auto"}).to_string();
    let answer = host.manage("POST", &format!("/api/queues/{}/quarry.dead/get", host.name()), &body)?;
    Ok(answer.as_array().cloned().unwrap_or_default())
}

#[tokio::test]
async fn messages_that_nobody_understands_are_kept_aside_and_work_goes_on() -> Result<()> {
    let world = World::start(Plan::new(Roles::default())).await?;
    let host = &world.cluster.engines().virtual_host;
    let job = r#"{"job_id":"018f0000-0000-7000-8000-000000000000"}"#;
    let (ours, older) = (json!({"headers": {"quarry-format": 1}}), json!({"headers": {"quarry-format": 0}}));
    let junk = [
        (json!({}), job),
        (older, job),
        (json!({"headers": {"quarry-format": 2}}), job),
        (json!({"headers": {"quarry-format": "1"}}), job),
        (ours.clone(), "no JSON"),
        (ours.clone(), r#"{"job":7}"#),
        (ours.clone(), ""),
    ];
    for kind in KINDS {
        for message in &junk {
            publish(host, "quarry.jobs", kind, message)?;
        }
        // This one can be read; there is no such job, and that is no reason to keep it.
        publish(host, "quarry.jobs", kind, &(ours.clone(), job))?;
    }
    for message in &junk {
        publish(host, "quarry.changes", "", message)?;
    }

    let expected = KINDS.len() * junk.len();
    let outcome = wait_for("the dead", || async { Ok((dead(host)?.len() == expected).then_some(())) }).await;
    assert!(outcome.is_ok(), "{} of {expected} are in quarry.dead", dead(host)?.len());
    let (_repository, id) = world.begin("net").await?;
    let module = world.api.settled(&id).await?;
    assert_eq!(Api::version_statuses(&module), ["1.10.0 ok", "1.1.0 ok", "1.0.0 ok"]);
    assert_eq!(dead(host)?.len(), expected, "of what was sent by us, nothing went there");
    for member in world.cluster.all() {
        assert!(member.pid().is_some(), "{} ended: {}", member.name(), member.log());
    }
    Ok(())
}
