//! Bitbucket Server and Data Center.

use serde_json::{Value, json};
use vcs_hosts::HostKind;
use vcs_hosts::webhooks::{Change, News, TagChange};

use crate::delivery::{Delivery, NEW, OLD, SECRET, Type, branch, refuses_other_types, sign, some_tags, tag};

const KINDS: [HostKind; 3] =
    [HostKind::BitbucketServer, HostKind::BitbucketServerLegacy, HostKind::BitbucketDataCenter];

pub(crate) fn pushed(changes: &Value) -> Value {
    json!({
        "eventKey": "repo:refs_changed", "changes": changes,
        "repository": {"slug": "terraform-aws-vpc", "id": 84, "name": "VPC", "project": {"key": "INFRA", "id": 3}}
    })
}

fn change(reference: &str, kind: &str) -> Value {
    json!({"ref": {"id": reference, "type": "TAG"}, "type": kind, "fromHash": OLD, "toHash": NEW})
}

pub(crate) fn send(event: &str, payload: &Value) -> Delivery {
    Delivery::json(HostKind::BitbucketDataCenter, payload).with("X-Event-Key", event).with("X-Request-Id", "@1A2B3x4")
}

fn news(changes: Value) -> News {
    send("repo:refs_changed", &pushed(&changes)).news()
}

#[test]
fn a_push_names_its_tag_and_what_happened_to_it() {
    let cases = [
        ("ADD", Some(Change::Added)),
        ("UPDATE", Some(Change::Moved)),
        ("DELETE", Some(Change::Deleted)),
        ("MERGE", None),
    ];
    for (kind, expected) in cases {
        assert_eq!(news(json!([change("refs/tags/a/v1", kind)])), tag("a/v1", expected), "{kind}");
    }
}

#[test]
fn one_delivery_may_tell_of_several_refs() {
    let changes =
        json!([change("refs/heads/main", "UPDATE"), change("refs/tags/v1", "ADD"), change("refs/tags/v0", "DELETE")]);

    let told = |name: &str, change| TagChange { name: name.to_owned(), change: Some(change) };
    assert_eq!(news(changes), News::Tags(vec![told("v1", Change::Added), told("v0", Change::Deleted)]));
}

#[test]
fn branches_and_unknown_events_are_no_reason_to_look_at_the_tags() {
    assert_eq!(news(json!([change("refs/heads/feature/x", "UPDATE")])), branch("feature/x"));
    assert_eq!(news(json!([change("refs/pull-requests/1/from", "ADD")])), News::Other);
    assert_eq!(send("repo:modified", &json!({"changes": 5})).news(), News::Other);
}

#[test]
fn what_is_left_out_leads_to_a_look_at_the_tags() {
    let of_branch = change("refs/heads/main", "UPDATE");

    assert_eq!(send("repo:refs_changed", &json!({})).news(), some_tags());
    assert_eq!(news(json!([])), some_tags());
    assert_eq!(news(json!([of_branch.clone(), {"type": "ADD"}])), some_tags());
    assert_eq!(news(json!(vec![of_branch; 1001])), some_tags());
}

#[test]
fn a_ping_is_signed_like_everything_else() {
    for kind in KINDS {
        let body = br#"{"test": true}"#;
        let ping = Delivery::new(kind, body)
            .with("X-Event-Key", "diagnostics:ping")
            .with("X-Hub-Signature", format!("sha256={}", sign(SECRET, body)));

        assert_eq!(ping.authenticate(SECRET), Ok(()));
        assert_eq!(ping.news(), News::Ping);
    }
}

#[test]
fn an_event_knows_its_name_its_delivery_and_its_repository() {
    let event = send("repo:refs_changed", &pushed(&json!([]))).event();

    assert_eq!((event.name.as_str(), event.delivery_id.as_deref()), ("repo:refs_changed", Some("@1A2B3x4")));
    assert_eq!(event.repository.identifier.as_deref(), Some("INFRA/terraform-aws-vpc"));
    assert_eq!(event.repository.remote_id.as_deref(), Some("84"));
    let half = send("repo:refs_changed", &json!({"repository": {"slug": "terraform-aws-vpc"}})).event();
    assert_eq!(half.repository.identifier, None);
}

#[test]
fn members_of_the_wrong_type_are_named() {
    let members = [
        ("/changes", Type::List),
        ("/changes/0/ref", Type::Object),
        ("/changes/0/ref/id", Type::Text),
        ("/changes/0/type", Type::Text),
        ("/repository", Type::Object),
        ("/repository/id", Type::Id),
        ("/repository/slug", Type::Text),
        ("/repository/project", Type::Object),
        ("/repository/project/key", Type::Text),
    ];
    let payload = pushed(&json!([change("refs/tags/v1", "ADD")]));

    refuses_other_types(|payload| send("repo:refs_changed", payload), &payload, &members);
}
