//! The audit log: one entry for each call that changes something or tries to.

use actix_web::http::Method;
use domain::Rights;
use serde_json::json;
use store::audit::Entry;

use crate::test_gateway::{TestGateway, attributes};

const ALL: &str = "/organizations/acme/registry-modules";

async fn entries(gateway: &TestGateway) -> Vec<Entry> {
    gateway.store.read(|session| store::audit::list_newest(session, 1000)).await.unwrap()
}

#[actix_web::test]
async fn every_change_leaves_one_entry() {
    let gateway = TestGateway::start().await;
    let mut known = entries(&gateway).await.len();
    assert_eq!(known, 2, "two organizations were made");
    let token = gateway.has_connection("acme").await;
    let git = json!({"vcs-repo": {"identifier": "p/terraform-aws-dns", "oauth-token-id": token}});
    known += 1;
    for (method, path, body, action) in [
        (Method::POST, ALL.to_owned(), Some(json!({"name": "vpc", "provider": "aws"})), "create-module"),
        (Method::POST, "/registry-modules".to_owned(), Some(git), "create-module"),
        (
            Method::POST,
            "/registry-modules/acme/vpc/aws/versions".to_owned(),
            Some(json!({"version": "1"})),
            "create-version",
        ),
        (Method::DELETE, format!("{ALL}/private/acme/vpc/aws/1.0.0"), None, "delete-version"),
        (Method::POST, "/registry-modules/actions/delete/acme/dns".to_owned(), None, "delete-module"),
    ] {
        let answer = gateway.send(method, &path, &gateway.admin, body.map(attributes)).await;
        assert!(answer.status < 300, "{path}: {}", answer.text);
        known += 1;
        let now = entries(&gateway).await;
        assert_eq!(now.len(), known, "{path}");
        let entry = now.iter().find(|entry| entry.action == action && entry.outcome == "ok");
        assert!(entry.is_some_and(|entry| entry.object.contains("acme/")), "{path}: {now:?}");
    }
}

#[actix_web::test]
async fn refused_calls_leave_one_entry_too() {
    let gateway = TestGateway::start().await;
    gateway.has_module("other", "vpc", &[]).await;
    let reader = gateway.token(Some("acme"), Rights::Read).await;
    let mut known = entries(&gateway).await.len();
    for (path, body, action, outcome) in [
        (ALL.to_owned(), json!({"name": "vpc", "provider": "aws"}), "create-module", "404"),
        ("/organizations".to_owned(), json!({"name": "third"}), "create-organization", "404"),
        ("/registry-modules/actions/delete/other/vpc".to_owned(), json!({}), "delete-module", "404"),
        ("/registry-modules/actions/delete/nobody/vpc".to_owned(), json!({}), "delete-module", "404"),
        ("/registry-modules".to_owned(), json!({}), "create-module", "422"),
    ] {
        let answer = gateway.post(&path, &reader, attributes(body)).await;
        assert_eq!(answer.status.to_string(), outcome);
        known += 1;
        let now = entries(&gateway).await;
        assert_eq!(now.len(), known, "{path}");
        let expected = (action, format!("/api/v2{path}"), outcome);
        assert!(
            now.iter().any(|entry| (entry.action.as_str(), entry.object.clone(), entry.outcome.as_str()) == expected),
            "{path}: {now:?}"
        );
    }
}

#[actix_web::test]
async fn reading_and_strangers_leave_nothing() {
    let gateway = TestGateway::start().await;
    let known = entries(&gateway).await;

    gateway.get(ALL, &gateway.admin).await;
    gateway.get("/organizations/nobody", &gateway.admin).await;
    gateway.post(ALL, "", attributes(json!({"name": "vpc", "provider": "aws"}))).await;
    gateway.post(ALL, "quarry_wrong", attributes(json!({"name": "vpc", "provider": "aws"}))).await;
    gateway.post("/nothing", &gateway.admin, json!({})).await;

    assert_eq!(entries(&gateway).await, known);
}
