//! Hosts that are busy, broken, slow, or send too much.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;
use wiremock::ResponseTemplate;

use crate::fake_host::{FakeHost, identifier, passing, refusal};

/// What comes of one answer to a lookup.
async fn after(response: ResponseTemplate) -> String {
    let (host, id) = answering(response).await;
    passing(host.api.find_repository(&host.access(), &id).await)
}

async fn answering(response: ResponseTemplate) -> (FakeHost, vcs_hosts::Identifier) {
    let case = crate::github::case();
    let host = case.start().await;
    host.responds("GET", case.repository, response).await;
    (host, identifier(case.identifier))
}

fn in_a_minute() -> String {
    (SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 60).to_string()
}

#[tokio::test]
async fn a_host_that_has_had_enough_says_for_how_long() {
    let answer = |status: u16| ResponseTemplate::new(status).set_body_raw("<html>", "text/html");
    let reset = in_a_minute();

    let waits = after(answer(429).insert_header("retry-after", "30")).await;
    assert!(waits.ends_with(" answered 429; try again after 30 seconds"), "{waits}");
    let waits = after(answer(403).insert_header("retry-after", "7")).await;
    assert!(waits.ends_with(" answered 403; try again after 7 seconds"), "{waits}");
    let waits = after(answer(429).insert_header("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")).await;
    assert!(waits.ends_with("try again after 0 seconds"), "{waits}");

    for (status, remaining, at) in [
        (403, "x-ratelimit-remaining", "x-ratelimit-reset"),
        (429, "x-ratelimit-remaining", "x-ratelimit-reset"),
        (429, "ratelimit-remaining", "ratelimit-reset"),
    ] {
        let used_up = answer(status).insert_header(remaining, "0").insert_header(at, reset.as_str());
        let waits = after(used_up).await;
        let within_a_minute = waits.contains("try again after 6") || waits.contains("try again after 5");
        assert!(within_a_minute && waits.contains(&format!("answered {status};")), "{waits}");
    }
}

#[tokio::test]
async fn a_403_with_requests_left_is_final() {
    let (host, id) = answering(ResponseTemplate::new(403).insert_header("x-ratelimit-remaining", "4999")).await;

    let refusal = refusal(host.api.find_repository(&host.access(), &id).await);

    assert!(refusal.contains("does not allow the token"), "{refusal}");
}

#[tokio::test]
async fn broken_hosts_may_be_whole_later() {
    for status in [408, 429, 500, 502, 503, 504] {
        let reason = after(ResponseTemplate::new(status).insert_header("retry-after", "soon")).await;
        assert!(reason.ends_with(&format!(" answered {status}")), "{reason}");
    }
}

#[tokio::test]
async fn nobody_waits_longer_than_five_seconds() {
    let slow = ResponseTemplate::new(200).set_body_json(json!({"id": 1})).set_delay(Duration::from_secs(60));
    let started = Instant::now();

    let reason = after(slow).await;

    assert!(reason.ends_with("did not answer within 5 seconds"), "{reason}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let (host, id) = answering(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 3 * 1024 * 1024])).await;

    let refusal = refusal(host.api.find_repository(&host.access(), &id).await);

    assert!(refusal.contains("is larger than the limit of 2097152 bytes"), "{refusal}");
}
