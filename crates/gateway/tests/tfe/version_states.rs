//! Deprecation and revocation: `PATCH …/{provider}/{version}`

use actix_web::http::Method;
use domain::Rights;
use serde_json::{Value, json};

use crate::test_gateway::{Answer, TestGateway, attributes};

const VPC: &str = "/organizations/acme/registry-modules/private/acme/vpc/aws";

async fn patch(gateway: &TestGateway, version: &str, body: Value) -> Answer {
    gateway.send(Method::PATCH, &format!("{VPC}/{version}"), &gateway.admin, Some(attributes(body))).await
}

async fn read(gateway: &TestGateway, version: &str) -> Answer {
    gateway.get(&format!("{VPC}/version?module_version={version}"), &gateway.admin).await
}

/// `vpc` with 1.0.0 and 1.1.0 that are ok, and 2.0.0 that is not.
async fn has_versions(gateway: &TestGateway) -> String {
    let id = gateway.has_module("acme", "vpc", &["1.0.0", "1.1.0", "2.0.0"]).await;
    let wanted = id.clone();
    let publish = move |session: &mut store::Connection| {
        let module = store::modules::load(session, &wanted)?;
        let all = store::versions::list(session, &wanted)?;
        all.iter()
            .filter(|version| version.version.to_string() != "2.0.0")
            .try_for_each(|version| store::versions::set_ok(session, &module, version.id.as_str(), "{}", &[]))
    };
    gateway.store.write(publish).await.unwrap();
    id
}

fn deprecated() -> Value {
    json!({"deprecation": {"deprecated-status": "Deprecated", "reason": "old", "link": "https://wiki.acme.test/vpc"}})
}

fn undeprecated() -> Value {
    json!({"deprecation": {"deprecated-status": "Undeprecated"}})
}

fn revoked() -> Value {
    json!({"revocation": {"status": "Revoked", "message": "leaks keys", "link": "https://wiki.acme.test/vpc"}})
}

fn unrevoked() -> Value {
    json!({"revocation": {"status": "Unrevoked"}})
}

#[actix_web::test]
async fn a_version_is_deprecated_and_revoked_and_both_are_undone() {
    let gateway = TestGateway::start().await;
    let module = has_versions(&gateway).await;
    let id = read(&gateway, "1.0.0").await.id();
    let said = json!({"id": id.replace("modver-", "moddep-"), "type": "deprecations"});
    let revoked_versions = async || {
        let module = gateway.get(&format!("/registry-modules/{module}"), &gateway.admin).await;
        module.attribute("revoked-versions").clone()
    };

    let answer = patch(&gateway, "v1.0", deprecated()).await;

    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut included = said.clone();
    included["attributes"] = json!({"reason": "old", "link": "https://wiki.acme.test/vpc"});
    assert_eq!(
        answer.body,
        json!({
            "data": {"id": id, "type": "module-versions", "relationships": {"deprecation": {"data": said}}},
            "included": [included],
        })
    );
    assert_eq!(read(&gateway, "1.0.0").await.attribute("deprecation")["reason"], "old");
    assert_eq!(revoked_versions().await, json!([]));

    let answer = patch(&gateway, "1.0.0", revoked()).await;

    let revocation = json!({"status": "Revoked", "message": "leaks keys", "link": "https://wiki.acme.test/vpc"});
    let shown = |revocation: &Value| {
        let attributes = json!({"version": "1.0.0", "status": "ok", "revocation": revocation});
        json!({"data": {"id": id, "type": "registry-module-versions", "attributes": attributes}})
    };
    assert_eq!((answer.status, &answer.body), (200, &shown(&revocation)));
    assert_eq!(read(&gateway, "1.0.0").await.attribute("revocation"), &revocation);
    assert_eq!(revoked_versions().await, json!(["1.0.0"]));

    assert_eq!(patch(&gateway, "1.0.0", unrevoked()).await.body, shown(&Value::Null));
    assert_eq!(read(&gateway, "1.0.0").await.attribute("deprecation")["reason"], "old");
    assert_eq!(revoked_versions().await, json!([]));

    let answer = patch(&gateway, "1.0.0", undeprecated()).await;
    assert_eq!(answer.body, json!({"data": {"id": id, "type": "module-versions"}}));
    assert_eq!(read(&gateway, "1.0.0").await.attribute("deprecation"), &Value::Null);
}

#[actix_web::test]
async fn a_verdict_may_be_repeated_and_undone_twice() {
    let gateway = TestGateway::start().await;
    has_versions(&gateway).await;
    for body in [unrevoked(), undeprecated(), deprecated(), deprecated(), revoked(), revoked(), deprecated()] {
        let answer = patch(&gateway, "1.0.0", body.clone()).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.text);
    }
    let text = json!({"revocation": {"status": "Revoked", "message": "worse"}});
    let answer = patch(&gateway, "1.0.0", text).await;
    assert_eq!(answer.attribute("revocation"), &json!({"status": "Revoked", "message": "worse", "link": ""}));
}

#[actix_web::test]
async fn one_step_comes_after_the_other() {
    let gateway = TestGateway::start().await;
    has_versions(&gateway).await;
    let (deprecation, revocation) = ("/deprecation/deprecated-status", "/revocation/status");
    for (version, body, pointer, text) in [
        ("2.0.0", deprecated(), deprecation, "must be ok before"),
        ("2.0.0", revoked(), revocation, "must be deprecated before"),
        ("1.0.0", revoked(), revocation, "must be deprecated before"),
    ] {
        let answer = patch(&gateway, version, body).await;
        let expected = format!("/data/attributes{pointer}");
        assert_eq!((answer.status, answer.error().0), (422, expected.as_str()), "{}", answer.text);
        assert!(answer.error().1.contains(text), "{}", answer.text);
    }
    patch(&gateway, "1.0.0", deprecated()).await;
    patch(&gateway, "1.0.0", revoked()).await;
    let answer = patch(&gateway, "1.0.0", undeprecated()).await;
    assert_eq!((answer.status, answer.error().1.contains("undo that first")), (422, true), "{}", answer.text);
}

#[actix_web::test]
async fn what_is_wrong_is_pointed_at() {
    let gateway = TestGateway::start().await;
    has_versions(&gateway).await;
    let deprecate = |name: &str, value: Value| {
        let mut given = deprecated();
        given["deprecation"][name] = value;
        (given, format!("/deprecation/{name}"))
    };
    let (long, link) = ("a".repeat(1001), format!("https://acme.test/{}", "a".repeat(2000)));
    let mut cases = vec![
        (json!({}), "/deprecation".to_owned()),
        (json!({"deprecation": null, "revocation": null}), "/deprecation".to_owned()),
        (json!({"deprecation": []}), "/deprecation".to_owned()),
        (json!({"revocation": "Revoked"}), "/revocation".to_owned()),
        (json!({"deprecation": {}, "revocation": {}}), "/revocation".to_owned()),
        (json!({"deprecation": {"reason": "old"}}), "/deprecation/deprecated-status".to_owned()),
        (json!({"revocation": {}}), "/revocation/status".to_owned()),
        (json!({"revocation": {"status": "Deprecated"}}), "/revocation/status".to_owned()),
        (json!({"revocation": {"status": "Revoked", "message": 1}}), "/revocation/message".to_owned()),
        (json!({"revocation": {"status": "Revoked", "link": "x"}}), "/revocation/link".to_owned()),
        deprecate("deprecated-status", json!("deprecated")),
        deprecate("deprecated-status", json!(true)),
        deprecate("reason", json!(1)),
        deprecate("reason", json!(long)),
        deprecate("link", json!(link)),
    ];
    for link in ["wiki", "/wiki", "ftp://acme.test", "javascript:alert(1)", "https://", "https://a:b@acme.test/"] {
        cases.push(deprecate("link", json!(link)));
    }
    for (body, pointer) in cases {
        let answer = patch(&gateway, "1.0.0", body.clone()).await;
        let expected = format!("/data/attributes{pointer}");
        assert_eq!((answer.status, answer.error().0), (422, expected.as_str()), "{body}: {}", answer.text);
    }
    assert_eq!(read(&gateway, "1.0.0").await.attribute("deprecation"), &Value::Null);
}

#[actix_web::test]
async fn only_publishers_judge_and_only_what_is_there() {
    let gateway = TestGateway::start().await;
    has_versions(&gateway).await;
    let reader = gateway.token(Some("acme"), Rights::Read).await;
    let stranger = gateway.token(Some("other"), Rights::Admin).await;
    for (path, who) in [
        (format!("{VPC}/1.0.0"), &reader),
        (format!("{VPC}/1.0.0"), &stranger),
        (format!("{VPC}/1.0.1"), &gateway.admin),
        (format!("{VPC}/latest"), &gateway.admin),
        (format!("{VPC}/1.0.0/"), &gateway.admin),
        (format!("{VPC}/1.0.0").replace("vpc", "dns"), &gateway.admin),
        (format!("{VPC}/1.0.0").replace("private", "public"), &gateway.admin),
    ] {
        let answer = gateway.send(Method::PATCH, &path, who, Some(attributes(deprecated()))).await;
        assert_eq!(answer.text, r#"{"errors":[{"status":"404","title":"not found"}]}"#, "{path}");
    }
    let publisher = gateway.token(Some("acme"), Rights::Publish).await;
    let body = Some(attributes(deprecated()));
    assert_eq!(gateway.send(Method::PATCH, &format!("{VPC}/1.0.0"), &publisher, body).await.status, 200);
}

#[actix_web::test]
async fn each_verdict_is_one_entry_of_the_audit_log() {
    let gateway = TestGateway::start().await;
    has_versions(&gateway).await;
    let newest = async || {
        let entries = gateway.store.read(|session| store::audit::list_newest(session, 1000)).await.unwrap();
        (entries.len(), entries)
    };
    let (mut known, _) = newest().await;
    for (body, action, outcome) in [
        (revoked(), "update-version", "422"),
        (deprecated(), "deprecate-version", "ok"),
        (revoked(), "revoke-version", "ok"),
        (unrevoked(), "unrevoke-version", "ok"),
        (undeprecated(), "undeprecate-version", "ok"),
    ] {
        patch(&gateway, "1.0.0", body).await;
        let (count, entries) = newest().await;
        known += 1;
        assert_eq!(count, known, "{action}");
        let found = entries.iter().find(|entry| entry.action == action && entry.outcome == outcome);
        assert!(found.is_some_and(|entry| entry.object.contains("1.0.0")), "{action}: {entries:?}");
    }
}
