//! `/api/v2/organizations`, `/api/v2/ping`, `/api/v2/account/details`

use domain::Rights;
use serde_json::json;

use crate::test_gateway::{TestGateway, attributes, organization};

#[actix_web::test]
async fn ping_needs_no_token() {
    let gateway = TestGateway::start().await;

    assert_eq!(gateway.get("/ping", "").await.status, 204);
    assert_eq!(gateway.get("/ping", "garbage").await.status, 204);
}

#[actix_web::test]
async fn account_details_say_who_calls() {
    let gateway = TestGateway::start().await;

    let answer = gateway.get("/account/details", &gateway.admin).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["data"]["type"], "users");
    assert_eq!(answer.attribute("username"), "jdoe");
    assert_eq!(answer.attribute("two-factor"), &json!({"enabled": false, "verified": false}));
    assert_eq!(gateway.get("/account/details", "").await.status, 401);
    assert_eq!(gateway.get("/account/details", "quarry_wrong").await.status, 401);
}

#[actix_web::test]
async fn an_organization_is_known_by_its_name() {
    let gateway = TestGateway::start().await;

    let answer = gateway.get("/organizations/acme", &gateway.admin).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.id(), "acme");
    assert!(answer.attribute("external-id").as_str().unwrap().starts_with("org-"));
    assert!(answer.attribute("created-at").as_str().unwrap().ends_with('Z'));
    assert_eq!(answer.attribute("email"), "platform@acme.test");
    assert_eq!(answer.attribute("user-tokens-enabled"), true);
    assert_eq!(answer.attribute("session-timeout"), &json!(null));
    assert_eq!(answer.attribute("permissions")["can-create-module"], true);
    assert_eq!(answer.body["data"]["links"]["self"], "/api/v2/organizations/acme");
    assert!(answer.body.get("included").is_none());
}

#[actix_web::test]
async fn unknown_attributes_come_back_with_their_types() {
    let gateway = TestGateway::start().await;
    let body = attributes(json!({
        "name": "third", "email": "a@b", "session-timeout": 30, "cost-estimation-enabled": true, "stacks-enabled": null,
        "enforce-hyok": false, "something": {"new": [1, 2.5, "x"]}, "permissions": {"can-destroy": false},
        "external-id": "org-mine", "created-at": "yesterday",
    }));

    let made = gateway.post("/organizations", &gateway.admin, body).await;
    let read = gateway.get("/organizations/third", &gateway.admin).await;

    assert_eq!(made.status, 201);
    assert_eq!(made.body, read.body);
    assert_eq!(read.attribute("session-timeout"), 30);
    assert_eq!(read.attribute("cost-estimation-enabled"), true);
    assert_eq!(read.attribute("stacks-enabled"), false);
    assert_eq!(read.attribute("enforce-hyok"), false);
    assert_eq!(read.attribute("something"), &json!({"new": [1, 2.5, "x"]}));
    assert_eq!(read.attribute("permissions")["can-destroy"], true);
    assert_ne!(read.attribute("external-id"), "org-mine");
    assert_ne!(read.attribute("created-at"), "yesterday");
}

#[actix_web::test]
async fn a_name_is_given_once() {
    let gateway = TestGateway::start().await;

    let answer = gateway.post("/organizations", &gateway.admin, organization("ACME")).await;

    assert_eq!(answer.status, 422);
    assert_eq!(answer.error(), ("/data/attributes/name", "Name has already been taken"));
}

#[actix_web::test]
async fn what_is_wrong_with_an_organization_is_pointed_at() {
    let gateway = TestGateway::start().await;
    for (body, pointer) in [
        (json!({}), "/data/attributes/name"),
        (json!({"name": null}), "/data/attributes/name"),
        (json!({"name": ""}), "/data/attributes/name"),
        (json!({"name": 5}), "/data/attributes/name"),
        (json!({"name": "a.b"}), "/data/attributes/name"),
        (json!({"name": "-a"}), "/data/attributes/name"),
        (json!({"name": "x", "email": "nobody"}), "/data/attributes/email"),
        (json!({"name": "x", "email": ["a@b"]}), "/data/attributes/email"),
        (json!({"name": "x", "stacks-enabled": "yes"}), "/data/attributes/stacks-enabled"),
        (json!({"name": "x", "session-timeout": "5"}), "/data/attributes/session-timeout"),
        (json!({"name": "x", "default-execution-mode": 1}), "/data/attributes/default-execution-mode"),
        (json!({"name": "x", "note": "a".repeat(20_000)}), "/data/attributes"),
    ] {
        let answer = gateway.post("/organizations", &gateway.admin, attributes(body.clone())).await;
        assert_eq!((answer.status, answer.error().0), (422, pointer), "{body}: {}", answer.text);
    }
}

#[actix_web::test]
async fn only_owners_of_everything_make_organizations() {
    let gateway = TestGateway::start().await;
    for (scope, rights) in [(Some("acme"), Rights::Admin), (None, Rights::Publish)] {
        let token = gateway.token(scope, rights).await;
        assert_eq!(gateway.post("/organizations", &token, organization("third")).await.status, 404);
    }
    assert_eq!(gateway.get("/organizations/third", &gateway.admin).await.status, 404);
}

#[actix_web::test]
async fn the_entitlement_set_can_be_read_alone_and_included() {
    let gateway = TestGateway::start().await;

    let alone = gateway.get("/organizations/acme/entitlement-set", &gateway.admin).await;
    let with = gateway.get("/organizations/acme?include=entitlement_set", &gateway.admin).await;

    assert_eq!(alone.status, 200);
    assert_eq!(alone.body["data"]["type"], "entitlement-sets");
    assert_eq!(alone.attribute("private-module-registry"), true);
    assert_eq!(with.body["included"][0], alone.body["data"]);
    assert_eq!(with.attribute("external-id"), &alone.body["data"]["id"]);
}

#[actix_web::test]
async fn an_unknown_include_is_refused() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &[]).await;
    let module = "/organizations/acme/registry-modules/private/acme/vpc/aws";
    for path in ["/organizations", "/organizations/acme", "/organizations/acme/registry-modules", module] {
        let answer = gateway.get(&format!("{path}?include=secrets"), &gateway.admin).await;
        assert_eq!(
            answer.body,
            json!({"errors": [{"status": "400", "title": "bad request", "detail": "Invalid include parameter"}]}),
            "{path}"
        );
    }
}
