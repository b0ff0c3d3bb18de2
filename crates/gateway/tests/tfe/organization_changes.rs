//! `PATCH` and `DELETE /api/v2/organizations/{org}`

use actix_web::http::Method;
use domain::Rights;
use serde_json::{Value, json};

use crate::test_gateway::{Answer, TestGateway, attributes, organization};

async fn patch(gateway: &TestGateway, name: &str, body: Value) -> Answer {
    gateway.send(Method::PATCH, &format!("/organizations/{name}"), &gateway.admin, Some(attributes(body))).await
}

#[actix_web::test]
async fn what_the_provider_sets_comes_back_with_its_types() {
    let gateway = TestGateway::start().await;
    let sent = json!({
        "name": "acme", "email": "other@acme.test", "session-timeout": 20160, "session-remember": 10080,
        "collaborator-auth-policy": "two_factor_mandatory", "owners-team-saml-role-id": "x", "cost-estimation-enabled": true,
        "send-passing-statuses-for-untriggered-speculative-plans": true, "aggregated-commit-status-enabled": false,
        "speculative-plan-management-enabled": true, "assessments-enforced": true, "allow-force-delete-workspaces": true,
        "user-tokens-enabled": false, "enforce-hyok": true, "stacks-enabled": true, "max-ttl-enabled": true,
        "default-execution-mode": "local", "something": [1, 2.5, null, {"a": "b"}],
    });

    let changed = patch(&gateway, "acme", sent.clone()).await;

    assert_eq!(changed.status, 200, "{}", changed.text);
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(changed.attribute(name), value, "{name}");
    }
    assert_eq!(gateway.get("/organizations/acme", &gateway.admin).await.body, changed.body);

    let partly =
        patch(&gateway, "acme", json!({"stacks-enabled": false, "session-timeout": null, "something": null})).await;
    assert_eq!(partly.attribute("stacks-enabled"), false);
    assert_eq!(partly.attribute("session-timeout"), &json!(null));
    assert!(partly.body["data"]["attributes"].get("something").is_none());
    assert_eq!(partly.attribute("enforce-hyok"), true, "what is not named stays");
    assert_eq!(partly.attribute("email"), "other@acme.test");
    let nulls = patch(&gateway, "acme", json!({"name": null, "email": null, "cost-estimation-enabled": null})).await;
    assert_eq!((nulls.attribute("name"), nulls.attribute("email")), (&json!("acme"), &json!("other@acme.test")));
    assert_eq!(nulls.attribute("cost-estimation-enabled"), false);
}

#[actix_web::test]
async fn what_is_wrong_with_a_change_is_pointed_at() {
    let gateway = TestGateway::start().await;
    let before = gateway.get("/organizations/acme", &gateway.admin).await;
    patch(&gateway, "acme", json!({"note": "a".repeat(15_000)})).await;
    for (body, pointer) in [
        (json!({"name": ""}), "/data/attributes/name"),
        (json!({"name": 5}), "/data/attributes/name"),
        (json!({"name": "a.b"}), "/data/attributes/name"),
        (json!({"name": "search"}), "/data/attributes/name"),
        (json!({"name": "a".repeat(65)}), "/data/attributes/name"),
        (json!({"name": "OTHER"}), "/data/attributes/name"),
        (json!({"name": "global2", "email": "nobody"}), "/data/attributes/email"),
        (json!({"email": {}}), "/data/attributes/email"),
        (json!({"stacks-enabled": 1}), "/data/attributes/stacks-enabled"),
        (json!({"session-timeout": 2.5}), "/data/attributes/session-timeout"),
        (json!({"more": "a".repeat(2_000)}), "/data/attributes"),
    ] {
        let answer = patch(&gateway, "acme", body.clone()).await;
        assert_eq!((answer.status, answer.error().0), (422, pointer), "{body}: {}", answer.text);
    }
    let read = patch(&gateway, "acme", json!({"note": null})).await;
    assert_eq!(read.body, before.body);
}

#[actix_web::test]
async fn a_renamed_organization_answers_under_both_names_until_one_is_taken() {
    let gateway = TestGateway::start().await;
    let module = gateway.has_module("acme", "vpc", &[]).await;
    let id = gateway.scope("acme").await;

    let renamed = patch(&gateway, "acme", json!({"name": "Apex"})).await;

    assert_eq!((renamed.status, renamed.id()), (200, "Apex".to_owned()));
    assert_eq!(renamed.attribute("external-id"), id.as_str());
    for name in ["apex", "acme"] {
        assert_eq!(gateway.get(&format!("/organizations/{name}"), &gateway.admin).await.id(), "Apex");
        let path = format!("/organizations/{name}/registry-modules/private/{name}/vpc/aws");
        let found = gateway.get(&path, &gateway.admin).await;
        assert_eq!((found.id(), found.attribute("namespace")), (module.clone(), &json!("Apex")));
    }

    let back = patch(&gateway, "apex", json!({"name": "acme"})).await;
    assert_eq!(back.id(), "acme");
    let case = patch(&gateway, "apex", json!({"name": "ACME"})).await;
    assert_eq!((case.status, case.id()), (200, "ACME".to_owned()));

    let taken = gateway.post("/organizations", &gateway.admin, organization("apex")).await;
    assert_eq!(taken.status, 201, "{}", taken.text);
    assert_eq!(gateway.get("/organizations/apex", &gateway.admin).await.id(), "apex");
    assert_eq!(gateway.get("/organizations/acme", &gateway.admin).await.id(), "ACME");
    assert_eq!(patch(&gateway, "acme", json!({"name": "apex"})).await.status, 422);
}

#[actix_web::test]
async fn a_deleted_organization_takes_everything_along() {
    let gateway = TestGateway::start().await;
    let theirs = gateway.has_module("other", "vpc", &["1.0.0"]).await;
    let ours = gateway.has_module("acme", "vpc", &["1.0.0", "2.0.0"]).await;
    let token = gateway.has_connection("acme").await;
    let git = attributes(json!({"vcs-repo": {"identifier": "p/terraform-aws-dns", "oauth-token-id": token}}));
    assert_eq!(gateway.post("/registry-modules", &gateway.admin, git).await.status, 201);
    let member = gateway.token(Some("acme"), Rights::Read).await;
    patch(&gateway, "acme", json!({"name": "apex"})).await;

    let deleted = gateway.delete("/organizations/acme", &gateway.admin).await;

    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""), "{}", deleted.text);
    assert_eq!(gateway.delete("/organizations/apex", &gateway.admin).await.status, 404);
    for path in
        ["/organizations/apex".to_owned(), "/organizations/acme".to_owned(), format!("/registry-modules/{ours}")]
    {
        assert_eq!(gateway.get(&path, &gateway.admin).await.status, 404, "{path}");
    }
    let client = token.replace("ot-", "oc-");
    assert_eq!(gateway.get(&format!("/oauth-clients/{client}"), &gateway.admin).await.status, 404);
    assert_ne!(gateway.get("/organizations", &member).await.body["meta"]["pagination"]["total-count"], 1);
    let due = |session: &mut store::Connection| store::jobs::list_due(session, domain::JobKind::SyncRepository, 9);
    assert_eq!(gateway.store.read(due).await.unwrap().len(), 0);
    let entries = |session: &mut store::Connection| store::audit::list_newest(session, 100);
    let entries = gateway.store.read(entries).await.unwrap();
    assert_eq!(entries.iter().filter(|it| it.action == "delete-organization" && it.outcome == "ok").count(), 1);
    assert_eq!(gateway.get(&format!("/registry-modules/{theirs}"), &gateway.admin).await.status, 200);
    for name in ["acme", "apex"] {
        assert_eq!(gateway.post("/organizations", &gateway.admin, organization(name)).await.status, 201);
    }
    assert_eq!(gateway.get("/organizations/acme/registry-modules", &gateway.admin).await.body["data"], json!([]));
}

#[actix_web::test]
async fn only_owners_change_and_delete_and_others_see_nothing() {
    let gateway = TestGateway::start().await;
    let stranger = gateway.token(Some("other"), Rights::Admin).await;
    let publisher = gateway.token(Some("acme"), Rights::Publish).await;
    for (method, body) in [
        (Method::PATCH, Some(attributes(json!({"email": "x@y"})))),
        (Method::PATCH, Some(attributes(json!({"name": "other"})))),
        (Method::PATCH, Some(json!([]))),
        (Method::DELETE, None),
    ] {
        let nowhere = gateway.send(method.clone(), "/organizations/nobody", &stranger, body.clone()).await;
        for caller in [&stranger, &publisher] {
            let answer = gateway.send(method.clone(), "/organizations/acme", caller, body.clone()).await;
            assert_eq!((answer.status, &answer.text), (404, &nowhere.text), "{method}");
        }
        assert_eq!(gateway.send(method.clone(), "/organizations/acme", "", body).await.status, 401, "{method}");
    }
    let owner = gateway.token(Some("acme"), Rights::Admin).await;
    let path = "/organizations/acme";
    let changed = gateway.send(Method::PATCH, path, &owner, Some(attributes(json!({"email": "x@y"})))).await;
    assert_eq!(changed.attribute("email"), "x@y");
    assert_eq!(gateway.delete(path, &owner).await.status, 204);
}
