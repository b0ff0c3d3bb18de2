//! Bodies that nobody should send.

use serde_json::json;
use vcs_hosts::HostKind;
use vcs_hosts::webhooks::News;

use crate::delivery::{Delivery, NEW, NONE};
use crate::github;

/// A delivery of a push, whatever the body.
fn send(kind: HostKind, body: impl Into<Vec<u8>>) -> Delivery {
    let delivery = Delivery::new(kind, body);
    match kind {
        HostKind::BitbucketHosted => delivery.with("X-Event-Key", "repo:push"),
        HostKind::BitbucketServer | HostKind::BitbucketServerLegacy | HostKind::BitbucketDataCenter => {
            delivery.with("X-Event-Key", "repo:refs_changed")
        }
        _ => delivery
            .with("X-GitHub-Event", "push")
            .with("X-Gitlab-Event", "Push Hook")
            .with("X-Gitea-Event", "push")
            .with("X-Forgejo-Event", "push"),
    }
}

fn with_payloads() -> impl Iterator<Item = HostKind> {
    HostKind::ALL.into_iter().filter(|kind| *kind != HostKind::Git)
}

#[test]
fn what_is_not_json_is_refused() {
    let bodies = ["", " ", "{", "{}{}", "{'a': 1}", "{\"a\": 1,}", "<xml/>", "\u{feff}{}"].map(str::as_bytes);
    for kind in with_payloads() {
        for body in bodies.into_iter().chain([b"{\"\xff\": 1}".as_slice()]) {
            let complaint = send(kind, body).complaint();
            assert!(complaint.starts_with("The body is not JSON: "), "{kind} {body:?}: {complaint}");
        }
    }
}

#[test]
fn half_a_character_is_refused_where_it_is_read() {
    let complaint = send(HostKind::Github, r#"{"ref": "\ud800"}"#).complaint();

    assert!(complaint.starts_with("The body is not JSON: "), "{complaint}");
}

#[test]
fn what_is_no_object_is_refused() {
    for kind in with_payloads() {
        for body in ["null", "5", "-5", "1.5", "true", "\"text\"", "[]", "[{}]", "[1, [2], {\"a\": 3}]"] {
            assert_eq!(send(kind, body).complaint(), "The body must be an object", "{kind} {body}");
        }
    }
}

#[test]
fn a_form_is_refused_by_every_host() {
    for kind in HostKind::ALL {
        let complaint = send(kind, "payload=%7B%22ref%22%3A%22x%22%7D").complaint();
        assert_eq!(complaint, "The body is a form; create the webhook with content type application/json", "{kind}");
    }
}

#[test]
fn a_member_that_is_there_twice_is_refused() {
    let body = r#"{"repository": {"full_name": "acme/vpc", "full_name": "acme/other"}}"#;

    let complaint = send(HostKind::Github, body).complaint();

    assert!(complaint.starts_with("The body cannot be read: duplicate field `full_name`"), "{complaint}");
}

#[test]
fn depth_does_no_harm() {
    let lists = "[".repeat(100_000) + &"]".repeat(100_000);
    let objects = "{\"a\":".repeat(100_000) + "1" + &"}".repeat(100_000);
    for kind in with_payloads() {
        for deep in [&lists, &objects] {
            send(kind, format!(r#"{{"eventType": "git.push", "unknown": {deep}}}"#)).event();
        }
        assert_eq!(send(kind, lists.as_str()).complaint(), "The body must be an object");
        assert!(send(kind, "[".repeat(100_000)).complaint().starts_with("The body is not JSON: "));
    }
    // In the place of a member that is read.
    let complaint = send(HostKind::Github, format!(r#"{{"ref": {objects}}}"#)).complaint();
    assert!(complaint.starts_with("ref must be a text"), "{complaint}");
    assert_eq!(send(HostKind::Git, lists).event().name, "push");
}

#[test]
fn members_that_nobody_asks_for_are_skipped() {
    let mut payload = github::push("refs/tags/v1", NONE, NEW);
    let commits: Vec<_> = (0..10_000).map(|n| json!({"message": "\u{0}".repeat(20), "n": n, "x": [null]})).collect();
    payload["commits"] = json!(commits);

    assert!(matches!(send(HostKind::Github, payload.to_string()).news(), News::Tags(tags) if tags.len() == 1));
}
