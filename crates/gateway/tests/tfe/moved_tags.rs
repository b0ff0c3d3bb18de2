//! Tags that moved or vanished: what a version shows, `POST …/{version}/actions/accept-moved-tag`, and
//! `vcs-repo.vanished-tags`.

use actix_web::http::Method;
use domain::{Id, JobKind, Rights, VersionStatus};
use serde_json::{Value, json};
use store::{
    Connection, audit,
    versions::{self, NewVersion},
};

use crate::test_gateway::{Answer, TestGateway, attributes};

const VPC: &str = "/organizations/acme/registry-modules/private/acme/vpc/aws";
const PUBLISHED: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const PRESENT: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// `vpc` from a repository, with what more `vcs-repo` says; 1.0.0 is ok. The id of that.
async fn has_version(gateway: &TestGateway, extra: Value) -> String {
    let token = gateway.has_connection("acme").await;
    let mut repository = json!({"identifier": "p/terraform-aws-vpc", "oauth-token-id": token});
    for (name, value) in extra.as_object().unwrap() {
        repository[name] = value.clone();
    }
    let made = gateway.post("/registry-modules", &gateway.admin, attributes(json!({"vcs-repo": repository}))).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let module = made.id();
    let make = move |session: &mut Connection| {
        let module = store::modules::load(session, &module)?;
        let id = Id::random();
        let new = NewVersion {
            id: &id,
            module: &module.id,
            version: &"1.0.0".parse()?,
            source: "git",
            tag: Some("v1.0.0"),
            branch: None,
            commit: Some(PUBLISHED),
            status: VersionStatus::Cloning,
        };
        versions::insert(session, &new)?;
        versions::set_ok(session, &module, id.as_str(), "{}", &[])?;
        Ok(id.to_string())
    };
    gateway.store.write(make).await.unwrap()
}

async fn moves_tag(gateway: &TestGateway, version: &str) {
    let id = version.to_owned();
    gateway.store.write(move |session| versions::set_moved(session, &id, Some(PRESENT))).await.unwrap();
}

async fn read(gateway: &TestGateway) -> Answer {
    gateway.get(&format!("{VPC}/version?module_version=1.0.0"), &gateway.admin).await
}

async fn accept(gateway: &TestGateway, token: &str, body: Value) -> Answer {
    gateway.post(&format!("{VPC}/1.0.0/actions/accept-moved-tag"), token, attributes(body)).await
}

async fn patch(gateway: &TestGateway, repository: Value) -> Answer {
    let body = attributes(json!({"vcs-repo": repository}));
    gateway.send(Method::PATCH, VPC, &gateway.admin, Some(body)).await
}

#[actix_web::test]
async fn an_owner_accepts_what_a_tag_moved_to() {
    let gateway = TestGateway::start().await;
    let version = has_version(&gateway, json!({})).await;
    let refused = accept(&gateway, &gateway.admin, json!({"commit-sha": PRESENT})).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    moves_tag(&gateway, &version).await;
    assert_eq!(read(&gateway).await.attribute("moved-to"), PRESENT);

    let answer = accept(&gateway, &gateway.admin, json!({"commit-sha": PRESENT})).await;

    assert_eq!((answer.status, answer.text.as_str()), (202, ""));
    let shown = read(&gateway).await;
    assert_eq!((shown.attribute("status"), shown.attribute("commit-sha")), (&json!("ok"), &json!(PUBLISHED)));
    assert_eq!(shown.attribute("accepted-commit"), PRESENT);
    let due = |session: &mut Connection| store::jobs::list_due(session, JobKind::IngestVersion, 10);
    assert_eq!(gateway.store.read(due).await.unwrap().len(), 1);
    let entries = gateway.store.read(|session| audit::list_newest(session, 100)).await.unwrap();
    let entry = entries.iter().find(|entry| entry.action == "accept-moved-tag" && entry.outcome == "ok").unwrap();
    assert_eq!(entry.object, format!("{version} acme/vpc/aws 1.0.0: {PUBLISHED} -> {PRESENT}"));
}

#[actix_web::test]
async fn only_what_was_seen_can_be_accepted() {
    let gateway = TestGateway::start().await;
    let version = has_version(&gateway, json!({})).await;
    moves_tag(&gateway, &version).await;
    for (body, status, pointer, text) in [
        (json!({}), 422, "/data/attributes/commit-sha", "must be given"),
        (json!({"commit-sha": 1}), 422, "/data/attributes/commit-sha", "must be a string"),
        (json!({"commit-sha": PUBLISHED}), 409, "", "is known to be on commit bbbb"),
    ] {
        let answer = accept(&gateway, &gateway.admin, body.clone()).await;
        assert_eq!((answer.status, answer.error().0), (status, pointer), "{body}: {}", answer.text);
        assert!(answer.error().1.contains(text), "{}", answer.text);
    }
    assert_eq!(read(&gateway).await.attribute("accepted-commit"), &Value::Null);
}

#[actix_web::test]
async fn only_owners_accept() {
    let gateway = TestGateway::start().await;
    let version = has_version(&gateway, json!({})).await;
    moves_tag(&gateway, &version).await;
    let (publisher, stranger) =
        (gateway.token(Some("acme"), Rights::Publish).await, gateway.token(Some("other"), Rights::Admin).await);
    for who in [&publisher, &stranger] {
        let answer = accept(&gateway, who, json!({"commit-sha": PRESENT})).await;
        assert_eq!(answer.text, r#"{"errors":[{"status":"404","title":"not found"}]}"#);
    }
    let owner = gateway.token(Some("acme"), Rights::Admin).await;
    assert_eq!(accept(&gateway, &owner, json!({"commit-sha": PRESENT})).await.status, 202);
}

#[actix_web::test]
async fn a_module_says_what_becomes_of_versions_whose_tag_vanished() {
    let gateway = TestGateway::start().await;
    let version = has_version(&gateway, json!({"vanished-tags": "remove"})).await;
    gateway.store.write(move |session| versions::set_vanished(session, &version)).await.unwrap();
    let policy = async || {
        let module = gateway.get(VPC, &gateway.admin).await;
        module.attribute("vcs-repo")["vanished-tags"].clone()
    };

    let shown = read(&gateway).await;
    assert!(shown.attribute("tag-vanished-at").is_string(), "{}", shown.text);
    assert_eq!((policy().await, shown.attribute("pending-delete")), (json!("remove"), &json!(true)));

    let changed = patch(&gateway, json!({"vanished-tags": "keep"})).await;
    assert_eq!((changed.status, policy().await), (200, json!("keep")), "{}", changed.text);
    let shown = read(&gateway).await;
    assert!(shown.attribute("tag-vanished-at").is_string(), "{}", shown.text);
    assert_eq!((shown.attribute("pending-delete"), shown.attribute("status")), (&Value::Null, &json!("ok")));
    assert_eq!(patch(&gateway, json!({"tag-prefix": ""})).await.status, 200);
    assert_eq!(policy().await, json!("keep"), "what is not named stays");
    let wrong = patch(&gateway, json!({"vanished-tags": "forget"})).await;
    assert_eq!((wrong.status, wrong.error().0), (422, "/data/attributes/vcs-repo/vanished-tags"));
}

#[actix_web::test]
async fn only_owners_have_versions_go_with_their_tags() {
    let gateway = TestGateway::start().await;
    has_version(&gateway, json!({})).await;
    let publisher = gateway.token(Some("acme"), Rights::Publish).await;
    let repository = json!({"vcs-repo": {"vanished-tags": "remove"}});

    let refused = gateway.send(Method::PATCH, VPC, &publisher, Some(attributes(repository))).await;
    assert_eq!((refused.status, refused.error().0), (422, "/data/attributes/vcs-repo/vanished-tags"));
    let token = gateway.has_connection("acme").await;
    let source = json!({"identifier": "p/terraform-aws-dns", "oauth-token-id": token, "vanished-tags": "remove"});
    let refused = gateway.post("/registry-modules", &publisher, attributes(json!({"vcs-repo": source}))).await;
    assert_eq!((refused.status, refused.error().0), (422, "/data/attributes/vcs-repo/vanished-tags"));
}

#[actix_web::test]
async fn uploaded_versions_have_no_tags() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.0.0"]).await;

    let answer = patch(&gateway, json!({"vanished-tags": "remove"})).await;

    assert_eq!((answer.status, answer.error().0), (422, "/data/attributes/vcs-repo/vanished-tags"));
    assert_eq!(accept(&gateway, &gateway.admin, json!({"commit-sha": PRESENT})).await.status, 409);
}

#[actix_web::test]
async fn what_nobody_asked_for_has_no_user_in_the_audit_log() {
    let gateway = TestGateway::start().await;
    let scope = gateway.scope("acme").await;
    gateway.store.write(move |session| audit::insert_unattended(session, &scope, "tag-moved", "it")).await.unwrap();

    let log = gateway.get("/organizations/acme/audit-entries?filter[action]=tag-moved", &gateway.admin).await;

    let entry = &log.body["data"][0];
    assert_eq!((&entry["attributes"]["user"], &entry["attributes"]["object"]), (&json!(""), &json!("it")));
    assert_eq!(entry["relationships"]["user"]["data"], Value::Null);
    assert_eq!(entry["relationships"]["authentication-token"]["data"], Value::Null);
    assert_eq!(entry["relationships"]["organization"]["data"]["id"], "acme");
}
