//! GitHub and GitHub Enterprise Server.

use serde_json::{Value, json};
use vcs_hosts::HostKind;
use vcs_hosts::webhooks::{Change, News};

use crate::delivery::{Delivery, NEW, NONE, OLD, Type, branch, refuses_other_types, some_tags, tag, with};

pub(crate) fn push(reference: &str, before: &str, after: &str) -> Value {
    json!({
        "ref": reference, "before": before, "after": after,
        "created": before == NONE, "deleted": after == NONE, "forced": false, "head_commit": null,
        "repository": {
            "id": 186853002, "name": "terraform-aws-vpc", "full_name": "acme/terraform-aws-vpc",
            "owner": {"login": "acme"}, "default_branch": "main"
        }
    })
}

fn one_ref(ref_type: &str, name: &str) -> Value {
    json!({
        "ref": name, "ref_type": ref_type,
        "repository": {"id": 186853002, "full_name": "acme/terraform-aws-vpc"}
    })
}

fn send(event: &str, payload: &Value) -> Delivery {
    let id = "4f1c2d3e-0000-11f0-8000-5e2d7a9b3c4d";
    Delivery::json(HostKind::Github, payload).with("X-GitHub-Event", event).with("X-GitHub-Delivery", id)
}

#[test]
fn a_push_names_its_tag_and_what_happened_to_it() {
    let cases = [
        (NONE, NEW, Some(Change::Added)),
        (OLD, NEW, Some(Change::Moved)),
        (OLD, NONE, Some(Change::Deleted)),
        ("", "", None),
        ("abc", "xyz", None),
    ];
    for (before, after, change) in cases {
        let event = send("push", &push("refs/tags/v1.4.0", before, after)).event();

        assert_eq!(event.news, tag("v1.4.0", change), "{before} {after}");
        assert!(event.is_about_tags());
    }
}

#[test]
fn an_event_knows_its_name_its_delivery_and_its_repository() {
    for kind in [HostKind::Github, HostKind::GithubEnterprise, HostKind::GithubApp] {
        let mut delivery = send("push", &push("refs/tags/v1.4.0", NONE, NEW));
        delivery.kind = kind;

        let event = delivery.event();

        assert_eq!(event.name, "push");
        assert_eq!(event.delivery_id.as_deref(), Some("4f1c2d3e-0000-11f0-8000-5e2d7a9b3c4d"));
        assert_eq!(event.repository.identifier.as_deref(), Some("acme/terraform-aws-vpc"));
        assert_eq!(event.repository.remote_id.as_deref(), Some("186853002"));
    }
}

#[test]
fn ids_of_sha256_repositories_are_understood() {
    let (none, new) = ("0".repeat(64), "9b1f".repeat(16));

    assert_eq!(send("push", &push("refs/tags/a", &none, &new)).news(), tag("a", Some(Change::Added)));
    assert_eq!(send("push", &push("refs/tags/a", &new, &none)).news(), tag("a", Some(Change::Deleted)));
    // Neither length is one of an object id.
    assert_eq!(send("push", &push("refs/tags/a", &"0".repeat(41), &new)).news(), tag("a", None));
}

#[test]
fn names_of_refs_are_whole() {
    let pushed = |reference| send("push", &push(reference, NONE, NEW)).news();

    assert_eq!(pushed("refs/tags/network/vpc/v1.0.0"), tag("network/vpc/v1.0.0", Some(Change::Added)));
    assert_eq!(pushed("refs/tags/refs/heads/main"), tag("refs/heads/main", Some(Change::Added)));
    assert_eq!(pushed("refs/heads/feature/tags/x"), branch("feature/tags/x"));
    for other in ["refs/notes/commits", "refs/tags/", "refs/heads/", "refs/tagsx/v1", "tags/v1", "v1", ""] {
        assert_eq!(pushed(other), News::Other, "{other}");
    }
}

#[test]
fn a_branch_is_no_reason_to_look_at_the_tags() {
    for (before, after) in [(NONE, NEW), (OLD, NEW), (OLD, NONE)] {
        let event = send("push", &push("refs/heads/main", before, after)).event();

        assert_eq!(event.news, branch("main"));
        assert!(!event.is_about_tags());
    }
}

#[test]
fn create_and_delete_have_short_names() {
    assert_eq!(send("create", &one_ref("tag", "a/v1.4.0")).news(), tag("a/v1.4.0", Some(Change::Added)));
    assert_eq!(send("delete", &one_ref("tag", "v1.4.0")).news(), tag("v1.4.0", Some(Change::Deleted)));
    assert_eq!(send("create", &one_ref("branch", "feature/x")).news(), branch("feature/x"));
    assert_eq!(send("delete", &one_ref("branch", "feature/x")).news(), branch("feature/x"));
    assert_eq!(send("create", &one_ref("repository", "x")).news(), News::Other);
}

#[test]
fn what_is_left_out_leads_to_a_look_at_the_tags() {
    for event in ["push", "create", "delete"] {
        assert_eq!(send(event, &json!({})).news(), some_tags(), "{event}");
    }
    assert_eq!(send("create", &with(&one_ref("tag", "v1"), "/ref", Value::Null)).news(), some_tags());
}

#[test]
fn ping_and_unknown_events_are_fine() {
    let ping = json!({"zen": "Speak like a human.", "hook_id": 7, "hook": {"type": "Repository"}});

    assert_eq!(send("ping", &ping).news(), News::Ping);
    // Members of events that we do not know may mean anything.
    let unknown = send("issues", &json!({"ref": 5, "ref_type": [], "before": {}})).event();
    assert_eq!((unknown.name.as_str(), &unknown.news), ("issues", &News::Other));
    assert!(!unknown.is_about_tags());
}

#[test]
fn members_of_the_wrong_type_are_named() {
    let members = [
        ("/ref", Type::Text),
        ("/before", Type::Text),
        ("/after", Type::Text),
        ("/repository", Type::Object),
        ("/repository/id", Type::Id),
        ("/repository/full_name", Type::Text),
    ];
    refuses_other_types(|payload| send("push", payload), &push("refs/tags/v1", OLD, NEW), &members);

    let members = [("/ref", Type::Text), ("/ref_type", Type::Text)];
    refuses_other_types(|payload| send("create", payload), &one_ref("tag", "v1"), &members);
    refuses_other_types(|payload| send("delete", payload), &one_ref("tag", "v1"), &members);
}

#[test]
fn a_webhook_that_sends_forms_is_told_what_to_change() {
    let complaint = Delivery::new(HostKind::Github, "payload=%7B%7D").with("X-GitHub-Event", "push").complaint();

    assert_eq!(complaint, "The body is a form; create the webhook with content type application/json");
}
