//! Gitea and Forgejo: payloads like those of GitHub, other headers.

use serde_json::{Value, json};
use vcs_hosts::HostKind;
use vcs_hosts::webhooks::{Change, News, Refused};

use crate::delivery::{Delivery, NEW, NONE, OLD, SECRET, Type, branch, refuses_other_types, sign, tag};

fn push(reference: &str, before: &str, after: &str) -> Value {
    json!({
        "ref": reference, "before": before, "after": after, "commits": [],
        "repository": {"id": 12, "full_name": "acme/terraform-aws-vpc"}
    })
}

fn one_ref(ref_type: &str, name: &str) -> Value {
    json!({
        "sha": NEW, "ref": name, "ref_type": ref_type,
        "repository": {"id": 12, "full_name": "acme/terraform-aws-vpc"}
    })
}

/// With the headers of either host, of which it sends several for those who know only the older ones.
fn send(kind: HostKind, event: &str, payload: &Value) -> Delivery {
    let delivery = Delivery::json(kind, payload)
        .with("X-Gitea-Event", event)
        .with("X-Gogs-Event", event)
        .with("X-GitHub-Event", event)
        .with("X-Gitea-Delivery", "gitea-1");
    match kind {
        HostKind::Forgejo => delivery.with("X-Forgejo-Event", event).with("X-Forgejo-Delivery", "forgejo-1"),
        _ => delivery,
    }
}

#[test]
fn pushes_of_both_say_what_happened() {
    for kind in [HostKind::Gitea, HostKind::Forgejo] {
        let news = |event, payload: &Value| send(kind, event, payload).news();

        assert_eq!(news("push", &push("refs/tags/a/v1", NONE, NEW)), tag("a/v1", Some(Change::Added)));
        assert_eq!(news("push", &push("refs/tags/v1", OLD, NEW)), tag("v1", Some(Change::Moved)));
        assert_eq!(news("push", &push("refs/tags/v1", OLD, NONE)), tag("v1", Some(Change::Deleted)));
        assert_eq!(news("push", &push("refs/heads/main", OLD, NEW)), branch("main"));
        assert_eq!(news("create", &one_ref("tag", "v1")), tag("v1", Some(Change::Added)));
        assert_eq!(news("create", &one_ref("tag", "refs/tags/v1")), tag("v1", Some(Change::Added)));
        assert_eq!(news("delete", &one_ref("tag", "v1")), tag("v1", Some(Change::Deleted)));
        assert_eq!(news("delete", &one_ref("branch", "refs/heads/x")), branch("x"));
        assert_eq!(news("ping", &json!({})), News::Ping);
        assert_eq!(news("release", &push("refs/tags/v1", NONE, NEW)), News::Other);
    }
}

#[test]
fn each_has_its_own_headers_and_forgejo_those_of_gitea_too() {
    let payload = push("refs/tags/v1", NONE, NEW);

    let gitea = send(HostKind::Gitea, "push", &payload).event();
    let forgejo = send(HostKind::Forgejo, "push", &payload).event();
    let older = Delivery::json(HostKind::Forgejo, &payload).with("X-Gitea-Event", "push").with("X-Gitea-Delivery", "1");

    assert_eq!((gitea.name.as_str(), gitea.delivery_id.as_deref()), ("push", Some("gitea-1")));
    assert_eq!((forgejo.name.as_str(), forgejo.delivery_id.as_deref()), ("push", Some("forgejo-1")));
    assert_eq!(older.event().delivery_id.as_deref(), Some("1"));
    assert_eq!(gitea.repository.identifier.as_deref(), Some("acme/terraform-aws-vpc"));
    assert_eq!(gitea.repository.remote_id.as_deref(), Some("12"));
    assert_eq!(
        Delivery::json(HostKind::Gitea, &payload).with("X-Forgejo-Event", "push").complaint(),
        "The header X-Gitea-Event is missing"
    );
}

#[test]
fn members_of_the_wrong_type_are_named() {
    for kind in [HostKind::Gitea, HostKind::Forgejo] {
        let members = [
            ("/ref", Type::Text),
            ("/before", Type::Text),
            ("/after", Type::Text),
            ("/repository", Type::Object),
            ("/repository/id", Type::Id),
            ("/repository/full_name", Type::Text),
        ];
        refuses_other_types(|payload| send(kind, "push", payload), &push("refs/tags/v1", OLD, NEW), &members);
    }
}

#[test]
fn every_signature_that_came_must_be_right() {
    let body = b"{}";
    let (right, wrong) = (sign(SECRET, body), sign("another secret", body));
    let prefixed = |digest: &str| format!("sha256={digest}");
    let gitea = || Delivery::new(HostKind::Gitea, body);
    let forgejo = || Delivery::new(HostKind::Forgejo, body);

    let both = gitea().with("X-Gitea-Signature", &right).with("X-Hub-Signature-256", prefixed(&right));
    assert_eq!(both.authenticate(SECRET), Ok(()));
    let second_wrong = gitea().with("X-Gitea-Signature", &right).with("X-Hub-Signature-256", prefixed(&wrong));
    assert_eq!(second_wrong.authenticate(SECRET), Err(Refused::Wrong { header: "X-Hub-Signature-256" }));
    let first_wrong = gitea().with("X-Gitea-Signature", &wrong).with("X-Hub-Signature-256", prefixed(&right));
    assert_eq!(first_wrong.authenticate(SECRET), Err(Refused::Wrong { header: "X-Gitea-Signature" }));
    let empty = gitea().with("X-Gitea-Signature", "").with("X-Hub-Signature-256", prefixed(&right));
    assert!(matches!(empty.authenticate(SECRET), Err(Refused::Malformed { header: "X-Gitea-Signature", .. })));

    let all = forgejo()
        .with("X-Forgejo-Signature", &right)
        .with("X-Gitea-Signature", &right)
        .with("X-Hub-Signature-256", prefixed(&right));
    assert_eq!(all.authenticate(SECRET), Ok(()));
    for header in ["X-Forgejo-Signature", "X-Gitea-Signature", "X-Hub-Signature-256"] {
        let mut one_wrong = all.clone();
        let value = one_wrong.headers.iter_mut().find(|(name, _)| name == header).unwrap();
        value.1 = if header == "X-Hub-Signature-256" { prefixed(&wrong) } else { wrong.clone() }.into_bytes();
        assert_eq!(one_wrong.authenticate(SECRET), Err(Refused::Wrong { header }));
    }
}

#[test]
fn a_missing_signature_names_what_would_do() {
    let missing = |kind| Delivery::new(kind, "{}").authenticate(SECRET).unwrap_err().to_string();

    assert_eq!(missing(HostKind::Gitea), "the header X-Gitea-Signature or X-Hub-Signature-256 is missing");
    assert_eq!(
        missing(HostKind::Forgejo),
        "the header X-Forgejo-Signature or X-Gitea-Signature or X-Hub-Signature-256 is missing"
    );
}
