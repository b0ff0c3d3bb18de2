//! Azure DevOps, services and server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use vcs_hosts::HostKind;
use vcs_hosts::webhooks::{Change, News, Refused, TagChange};

use crate::delivery::{
    Delivery, NEW, NONE, OLD, SECRET, Type, branch, refuses_other_types, some_tags, tag, with, without,
};

const KINDS: [HostKind; 2] = [HostKind::AdoServer, HostKind::AdoServices];

pub(crate) fn push(updates: &Value) -> Value {
    json!({
        "id": "03c164c2-8912-4d5e-8009-3707d5f83734", "notificationId": 9, "eventType": "git.push",
        "resource": {
            "refUpdates": updates,
            "repository": {
                "id": "278d5cd2-584d-4b63-824a-2ba458937249", "name": "terraform-aws-vpc",
                "remoteUrl": "https://acme@dev.azure.com/acme/Infra/_git/terraform-aws-vpc",
                "project": {"id": "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c", "name": "Infra"}
            }
        }
    })
}

fn update(name: &str, old: &str, new: &str) -> Value {
    json!({"name": name, "oldObjectId": old, "newObjectId": new})
}

pub(crate) fn send(payload: &Value) -> Delivery {
    Delivery::json(HostKind::AdoServices, payload)
}

fn news(updates: Value) -> News {
    send(&push(&updates)).news()
}

#[test]
fn a_push_names_its_tag_and_what_happened_to_it() {
    assert_eq!(news(json!([update("refs/tags/a/v1", NONE, NEW)])), tag("a/v1", Some(Change::Added)));
    assert_eq!(news(json!([update("refs/tags/v1", OLD, NEW)])), tag("v1", Some(Change::Moved)));
    assert_eq!(news(json!([update("refs/tags/v1", OLD, NONE)])), tag("v1", Some(Change::Deleted)));
    assert_eq!(news(json!([{"name": "refs/tags/v1"}])), tag("v1", None));
}

#[test]
fn one_delivery_may_tell_of_several_refs() {
    let updates = json!([
        update("refs/heads/main", OLD, NEW),
        update("refs/tags/v1", NONE, NEW),
        update("refs/tags/v0", OLD, NONE)
    ]);

    let told = |name: &str, change| TagChange { name: name.to_owned(), change: Some(change) };
    assert_eq!(news(updates), News::Tags(vec![told("v1", Change::Added), told("v0", Change::Deleted)]));
}

#[test]
fn branches_and_unknown_events_are_no_reason_to_look_at_the_tags() {
    assert_eq!(news(json!([update("refs/heads/feature/x", OLD, NEW)])), branch("feature/x"));
    let unknown = send(&json!({"eventType": "workitem.created", "resource": {"repository": 5, "refUpdates": 5}}));
    assert_eq!(unknown.event().name, "workitem.created");
    assert_eq!(unknown.news(), News::Other);
}

#[test]
fn without_details_the_tags_are_looked_at_and_no_repository_is_named() {
    let bare = send(&with(&push(&json!([])), "/resource", Value::Null)).event();

    assert_eq!(bare.news, some_tags());
    assert_eq!((bare.repository.identifier, bare.repository.remote_id), (None, None));
    assert_eq!(send(&without(&push(&json!([])), "/resource")).news(), some_tags());
    assert_eq!(news(json!([])), some_tags());
    assert_eq!(news(json!([update("refs/heads/main", OLD, NEW), {"newObjectId": NEW}])), some_tags());
    assert_eq!(news(json!(vec![update("refs/heads/main", OLD, NEW); 1001])), some_tags());
}

#[test]
fn an_event_knows_its_name_its_delivery_and_its_repository() {
    for kind in KINDS {
        let event = Delivery::json(kind, &push(&json!([]))).event();

        assert_eq!(event.name, "git.push");
        assert_eq!(event.delivery_id.as_deref(), Some("03c164c2-8912-4d5e-8009-3707d5f83734"));
        assert_eq!(event.repository.identifier.as_deref(), Some("acme/Infra/_git/terraform-aws-vpc"));
        assert_eq!(event.repository.remote_id.as_deref(), Some("278d5cd2-584d-4b63-824a-2ba458937249"));
    }
    let by_number = without(&push(&json!([])), "/id");
    assert_eq!(send(&by_number).event().delivery_id.as_deref(), Some("9"));
}

#[test]
fn a_delivery_must_name_its_event() {
    for event in [Value::Null, json!("")] {
        let complaint = send(&with(&push(&json!([])), "/eventType", event)).complaint();
        assert_eq!(complaint, "eventType must be there and name the event");
    }
    let odd = send(&json!({"eventType": "é".repeat(80)})).event();
    assert_eq!(odd.name, "?".repeat(100));
}

#[test]
fn the_organization_is_found_in_the_address() {
    let cases = [
        ("https://dev.azure.com/acme/Infra/_git/vpc", "Infra", Some("acme/Infra/_git/vpc")),
        ("https://dev.azure.com/acme/My%20Infra/_git/vpc", "My Infra", Some("acme/My Infra/_git/vpc")),
        ("https://dev.azure.com/acme/M%c3%bcller/_git/vpc", "Müller", Some("acme/Müller/_git/vpc")),
        // A repository called like its project.
        ("https://dev.azure.com/acme/_git/vpc", "vpc", Some("acme/vpc/_git/vpc")),
        ("https://acme.visualstudio.com/Infra/_git/vpc", "Infra", Some("acme/Infra/_git/vpc")),
        ("https://acme.visualstudio.com/DefaultCollection/Infra/_git/vpc", "Infra", Some("acme/Infra/_git/vpc")),
        ("https://tfs.test/tfs/Main/Infra/_git/vpc", "infra", Some("Main/infra/_git/vpc")),
        ("https://tfs.test:8080/Main/_git/vpc", "vpc", Some("Main/vpc/_git/vpc")),
        ("https://tfs.test/_git/vpc", "vpc", None),
        ("https://tfs.test", "vpc", None),
        ("not an address", "vpc", None),
        ("data:text", "vpc", None),
        ("", "vpc", None),
    ];
    for (address, project, expected) in cases {
        let payload = json!({"eventType": "git.push", "resource": {
            "repository": {"name": "vpc", "remoteUrl": address, "project": {"name": project}}
        }});
        assert_eq!(send(&payload).event().repository.identifier.as_deref(), expected, "{address}");
    }
}

#[test]
fn members_of_the_wrong_type_are_named() {
    let members = [
        ("/id", Type::Id),
        ("/notificationId", Type::Id),
        ("/resource", Type::Object),
        ("/resource/refUpdates", Type::List),
        ("/resource/refUpdates/0/name", Type::Text),
        ("/resource/refUpdates/0/oldObjectId", Type::Text),
        ("/resource/refUpdates/0/newObjectId", Type::Text),
        ("/resource/repository", Type::Object),
        ("/resource/repository/id", Type::Id),
        ("/resource/repository/name", Type::Text),
        ("/resource/repository/remoteUrl", Type::Text),
        ("/resource/repository/project", Type::Object),
        ("/resource/repository/project/name", Type::Text),
    ];
    refuses_other_types(send, &push(&json!([update("refs/tags/v1", OLD, NEW)])), &members);

    let complaint = send(&json!({"eventType": 5})).complaint();
    assert!(complaint.starts_with("eventType must be a text"), "{complaint}");
}

#[test]
fn the_password_of_the_user_registry_is_the_secret() {
    let basic = |credentials: &str| format!("Basic {}", STANDARD.encode(credentials));
    let right = basic(&format!("registry:{SECRET}"));
    for kind in KINDS {
        let send = |value: &str| Delivery::new(kind, "{}").with("Authorization", value);

        assert_eq!(send(&right).authenticate(SECRET), Ok(()));
        assert_eq!(send(&right.replace("Basic", "basic")).authenticate(SECRET), Ok(()));
        assert_eq!(send(&basic("registry:a:b")).authenticate("a:b"), Ok(()));
        for wrong in ["", "registry", "registry:", ":a long secret", "other:a long secret", "registry:A LONG SECRET"] {
            let refused = send(&basic(wrong)).authenticate(SECRET);
            assert_eq!(refused, Err(Refused::Wrong { header: "Authorization" }), "{wrong}");
        }
        for malformed in ["", "Basic", "Bearer a long secret", "Basic %%%", &right.replace("Basic ", "Basic")] {
            let refused = send(malformed).authenticate(SECRET);
            assert!(matches!(refused, Err(Refused::Malformed { header: "Authorization", .. })), "{malformed}");
        }
        let missing = Delivery::new(kind, "{}").authenticate(SECRET);
        assert_eq!(missing, Err(Refused::Missing { header: "Authorization".to_owned() }));
        let repeated = send(&right).with("authorization", &right).authenticate(SECRET);
        assert_eq!(repeated, Err(Refused::Repeated { header: "Authorization" }));
        assert_eq!(send(&basic("registry:")).authenticate(""), Err(Refused::NoSecret));
    }
}
