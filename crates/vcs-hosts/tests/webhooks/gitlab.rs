//! GitLab: webhooks of projects and groups, and system hooks.

use serde_json::{Value, json};
use vcs_hosts::HostKind;
use vcs_hosts::webhooks::{Change, News, Refused};

use crate::delivery::{
    Delivery, NEW, NONE, OLD, SECRET, Type, branch, refuses_other_types, some_tags, tag, with, without,
};

const KINDS: [HostKind; 3] =
    [HostKind::GitlabHosted, HostKind::GitlabCommunityEdition, HostKind::GitlabEnterpriseEdition];

pub(crate) fn push(kind: &str, reference: &str, before: &str, after: &str) -> Value {
    json!({
        "object_kind": kind, "event_name": kind, "ref": reference, "before": before, "after": after,
        "checkout_sha": null, "project_id": 15,
        "project": {"id": 15, "path_with_namespace": "acme/infra/terraform-aws-vpc", "default_branch": "main"}
    })
}

pub(crate) fn send(event: &str, payload: &Value) -> Delivery {
    Delivery::json(HostKind::GitlabHosted, payload).with("X-Gitlab-Event", event)
}

fn tag_push(reference: &str, before: &str, after: &str) -> News {
    send("Tag Push Hook", &push("tag_push", reference, before, after)).news()
}

#[test]
fn a_push_names_its_tag_and_what_happened_to_it() {
    assert_eq!(tag_push("refs/tags/a/v1.4.0", NONE, NEW), tag("a/v1.4.0", Some(Change::Added)));
    assert_eq!(tag_push("refs/tags/v1.4.0", OLD, NEW), tag("v1.4.0", Some(Change::Moved)));
    assert_eq!(tag_push("refs/tags/v1.4.0", OLD, NONE), tag("v1.4.0", Some(Change::Deleted)));
}

#[test]
fn branches_and_unknown_events_are_no_reason_to_look_at_the_tags() {
    assert_eq!(send("Push Hook", &push("push", "refs/heads/main", OLD, NEW)).news(), branch("main"));
    // What the button that tests a tag push may send.
    assert_eq!(send("Tag Push Hook", &push("push", "refs/heads/main", OLD, NEW)).news(), branch("main"));
    assert_eq!(send("Issue Hook", &json!({"object_kind": "issue", "ref": 5})).news(), News::Other);
    assert_eq!(send("Job Hook", &json!({})).news(), News::Other);
}

#[test]
fn system_hooks_tell_by_their_body() {
    let of_tag = without(&push("tag_push", "refs/tags/v1", NONE, NEW), "/object_kind");
    let of_branch = without(&push("push", "refs/heads/main", OLD, NEW), "/object_kind");
    let update = json!({
        "event_name": "repository_update", "project_id": 15, "refs": ["refs/tags/v1", "refs/tags/v2"],
        "project": {"path_with_namespace": "acme/infra/terraform-aws-vpc"}
    });

    assert_eq!(send("System Hook", &of_tag).news(), tag("v1", Some(Change::Added)));
    assert_eq!(send("System Hook", &of_branch).news(), branch("main"));
    assert_eq!(send("System Hook", &json!({"event_name": "user_create"})).news(), News::Other);
    let event = send("System Hook", &update).event();
    assert_eq!((event.name.as_str(), &event.news), ("System Hook", &some_tags()));
    assert_eq!(event.repository.remote_id.as_deref(), Some("15"));
    assert_eq!(event.repository.identifier.as_deref(), Some("acme/infra/terraform-aws-vpc"));
}

#[test]
fn a_push_that_names_no_ref_leads_to_a_look_at_the_tags() {
    assert_eq!(send("Tag Push Hook", &json!({"object_kind": "tag_push"})).news(), some_tags());
}

#[test]
fn a_delivery_that_is_tried_again_keeps_its_id() {
    let delivery = send("Tag Push Hook", &push("tag_push", "refs/tags/v1", NONE, NEW));
    assert_eq!(delivery.event().delivery_id, None);
    let delivery = delivery.with("X-Gitlab-Event-UUID", "event");
    assert_eq!(delivery.event().delivery_id.as_deref(), Some("event"));
    let delivery = delivery.with("X-Gitlab-Webhook-UUID", "webhook");
    assert_eq!(delivery.event().delivery_id.as_deref(), Some("webhook"));
    let delivery = delivery.with("Idempotency-Key", "key");
    assert_eq!(delivery.event().delivery_id.as_deref(), Some("key"));
}

#[test]
fn members_of_the_wrong_type_are_named() {
    let payload = push("tag_push", "refs/tags/v1", OLD, NEW);
    let members = [
        ("/object_kind", Type::Text),
        ("/event_name", Type::Text),
        ("/ref", Type::Text),
        ("/before", Type::Text),
        ("/after", Type::Text),
        ("/project_id", Type::Id),
        ("/project", Type::Object),
        ("/project/id", Type::Id),
        ("/project/path_with_namespace", Type::Text),
    ];

    refuses_other_types(|payload| send("Tag Push Hook", payload), &payload, &members);
}

#[test]
fn the_token_is_the_secret_itself() {
    for kind in KINDS {
        let send = |token: &[u8]| Delivery::new(kind, "{}").with("X-Gitlab-Token", token);

        assert_eq!(send(SECRET.as_bytes()).authenticate(SECRET), Ok(()));
        for wrong in
            [b"".as_slice(), b"A LONG SECRET", b"a long secre", b"a long secret ", b"a long secreT", b"\xff\xfe"]
        {
            let refused = send(wrong).authenticate(SECRET);
            assert_eq!(refused, Err(Refused::Wrong { header: "X-Gitlab-Token" }), "{wrong:?}");
        }
        let missing = Delivery::new(kind, "{}").authenticate(SECRET);
        assert_eq!(missing, Err(Refused::Missing { header: "X-Gitlab-Token".to_owned() }));
        let repeated = send(SECRET.as_bytes()).with("x-gitlab-token", SECRET).authenticate(SECRET);
        assert_eq!(repeated, Err(Refused::Repeated { header: "X-Gitlab-Token" }));
        assert_eq!(send(b"").authenticate(""), Err(Refused::NoSecret));
    }
}

#[test]
fn the_id_of_the_project_goes_before_the_one_beside_it() {
    let payload = with(&push("tag_push", "refs/tags/v1", OLD, NEW), "/project_id", json!(16));

    assert_eq!(send("Tag Push Hook", &payload).event().repository.remote_id.as_deref(), Some("15"));
    let payload = without(&payload, "/project/id");
    assert_eq!(send("Tag Push Hook", &payload).event().repository.remote_id.as_deref(), Some("16"));
}
