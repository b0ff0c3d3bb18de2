//! Bitbucket Cloud.

use serde_json::{Value, json};
use vcs_hosts::HostKind;
use vcs_hosts::webhooks::{Change, News, TagChange};

use crate::delivery::{Delivery, NEW, OLD, Type, branch, refuses_other_types, some_tags, tag};

pub(crate) fn push(changes: &Value) -> Value {
    json!({
        "push": {"changes": changes},
        "repository": {
            "type": "repository", "uuid": "{b1a7c3d2-4e5f-4a6b-8c9d-0e1f2a3b4c5d}",
            "full_name": "acme/terraform-aws-vpc", "name": "terraform-aws-vpc"
        }
    })
}

fn named(kind: &str, name: &str, hash: &str) -> Value {
    json!({"type": kind, "name": name, "target": {"hash": hash}})
}

fn change(old: Value, new: Value) -> Value {
    json!({"created": old.is_null(), "closed": new.is_null(), "old": old, "new": new, "forced": false})
}

pub(crate) fn send(event: &str, payload: &Value) -> Delivery {
    Delivery::json(HostKind::BitbucketHosted, payload).with("X-Event-Key", event).with("X-Request-UUID", "request-1")
}

fn news(changes: Value) -> News {
    send("repo:push", &push(&changes)).news()
}

#[test]
fn a_push_names_its_tag_and_what_happened_to_it() {
    let (old, new) = (named("tag", "a/v1.4.0", OLD), named("tag", "a/v1.4.0", NEW));

    assert_eq!(news(json!([change(Value::Null, new.clone())])), tag("a/v1.4.0", Some(Change::Added)));
    assert_eq!(news(json!([change(old.clone(), new)])), tag("a/v1.4.0", Some(Change::Moved)));
    assert_eq!(news(json!([change(old, Value::Null)])), tag("a/v1.4.0", Some(Change::Deleted)));
}

#[test]
fn one_delivery_may_tell_of_several_refs() {
    let changes = json!([
        change(named("branch", "main", OLD), named("branch", "main", NEW)),
        change(Value::Null, named("tag", "v1", NEW)),
        change(named("tag", "v0", OLD), Value::Null),
    ]);

    let told = |name: &str, change| TagChange { name: name.to_owned(), change: Some(change) };
    assert_eq!(news(changes), News::Tags(vec![told("v1", Change::Added), told("v0", Change::Deleted)]));
}

#[test]
fn branches_and_unknown_events_are_no_reason_to_look_at_the_tags() {
    let of_branch = change(named("branch", "feature/x", OLD), named("branch", "feature/x", NEW));
    let of_second = change(named("branch", "main", OLD), Value::Null);
    let of_bookmark = change(Value::Null, named("bookmark", "x", NEW));

    assert_eq!(news(json!([of_branch, of_second])), branch("feature/x"));
    assert_eq!(news(json!([of_bookmark])), News::Other);
    assert_eq!(send("repo:updated", &json!({"push": 5})).news(), News::Other);
}

#[test]
fn what_is_left_out_leads_to_a_look_at_the_tags() {
    let of_branch = change(named("branch", "main", OLD), named("branch", "main", NEW));

    assert_eq!(send("repo:push", &json!({})).news(), some_tags());
    assert_eq!(send("repo:push", &json!({"push": {}})).news(), some_tags());
    assert_eq!(news(json!([])), some_tags());
    assert_eq!(news(json!([of_branch.clone(), {"old": null, "new": null}])), some_tags());
    assert_eq!(news(json!([of_branch, {"new": {"name": "v1"}}])), some_tags());
}

#[test]
fn no_more_than_100_tags_are_kept_and_long_lists_are_looked_up() {
    let tags: Vec<Value> = (0..150).map(|n| change(Value::Null, named("tag", &format!("v{n}"), NEW))).collect();
    let News::Tags(kept) = news(json!(tags)) else { panic!("these are tags") };
    assert_eq!((kept.len(), kept[0].name.as_str(), kept[99].name.as_str()), (100, "v0", "v99"));

    let of_branch = change(named("branch", "main", OLD), named("branch", "main", NEW));
    assert_eq!(news(json!(vec![of_branch.clone(); 1000])), branch("main"));
    assert_eq!(news(json!(vec![of_branch; 1001])), some_tags());
}

#[test]
fn an_event_knows_its_name_its_delivery_and_its_repository() {
    let event = send("repo:push", &push(&json!([]))).event();

    assert_eq!((event.name.as_str(), event.delivery_id.as_deref()), ("repo:push", Some("request-1")));
    assert_eq!(event.repository.identifier.as_deref(), Some("acme/terraform-aws-vpc"));
    assert_eq!(event.repository.remote_id.as_deref(), Some("{b1a7c3d2-4e5f-4a6b-8c9d-0e1f2a3b4c5d}"));
}

#[test]
fn members_of_the_wrong_type_are_named() {
    let payload = push(&json!([change(named("tag", "v1", OLD), named("tag", "v1", NEW))]));
    let members = [
        ("/push", Type::Object),
        ("/push/changes", Type::List),
        ("/push/changes/0/old", Type::Object),
        ("/push/changes/0/old/type", Type::Text),
        ("/push/changes/0/old/name", Type::Text),
        ("/push/changes/0/new", Type::Object),
        ("/push/changes/0/new/type", Type::Text),
        ("/push/changes/0/new/name", Type::Text),
        ("/repository", Type::Object),
        ("/repository/uuid", Type::Id),
        ("/repository/full_name", Type::Text),
    ];

    refuses_other_types(|payload| send("repo:push", payload), &payload, &members);
}
