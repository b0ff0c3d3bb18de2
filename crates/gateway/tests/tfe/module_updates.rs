//! Changing a module: `PATCH …/{registry}/{namespace}/{name}/{provider}`

use actix_web::http::Method;
use domain::{JobKind, Rights};
use serde_json::{Value, json};

use crate::test_gateway::{Answer, TestGateway, attributes};

const VPC: &str = "/organizations/acme/registry-modules/private/acme/vpc/aws";

async fn patch(gateway: &TestGateway, path: &str, body: Value) -> Answer {
    gateway.send(Method::PATCH, path, &gateway.admin, Some(body)).await
}

fn from(repository: Value) -> Value {
    attributes(json!({"vcs-repo": repository}))
}

/// `vpc`, from tags of `platform/terraform-aws-vpc`. The id of its token.
async fn has_git_module(gateway: &TestGateway) -> String {
    let token = gateway.has_connection("acme").await;
    let sent = json!({"identifier": "platform/terraform-aws-vpc", "oauth-token-id": token});
    let made = gateway.post("/registry-modules", &gateway.admin, from(sent)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    token
}

async fn due(gateway: &TestGateway) -> Vec<String> {
    let due = |session: &mut store::Connection| store::jobs::list_due(session, JobKind::SyncRepository, 100);
    gateway.store.read(due).await.unwrap().into_iter().map(|due| due.id).collect()
}

#[actix_web::test]
async fn what_is_not_named_stays() {
    let gateway = TestGateway::start().await;
    has_git_module(&gateway).await;
    let before = gateway.get(VPC, &gateway.admin).await;
    let jobs = due(&gateway).await;
    for path in [VPC.to_owned(), format!("{VPC}/")] {
        for body in [
            attributes(json!({})),
            json!({"data": {}}),
            json!({"data": {"type": "registry-modules", "attributes": null, "relationships": null}}),
            attributes(json!({"no-code": null, "vcs-repo": null, "test-config": null, "name": "other", "new": [1]})),
            attributes(json!({"no-code": false, "test-config": {}})),
            attributes(json!({"test-config": {"tests-enabled": false, "agent-execution-mode": "remote"}})),
            attributes(json!({"test-config": {"agent-pool-id": "", "agent-execution-mode": null}})),
            from(json!({"branch": "", "tags": true, "source-directory": "", "tag-prefix": ""})),
            from(json!({"branch": "", "tags": false})),
            from(json!({"identifier": "", "oauth-token-id": "", "github-app-installation-id": ""})),
            from(before.attribute("vcs-repo").clone()),
            json!({"data": {"relationships": {"tag-bindings": {"data": []}}}}),
        ] {
            let answer = patch(&gateway, &path, body.clone()).await;
            assert_eq!((answer.status, &answer.body), (200, &before.body), "{path} {body}: {}", answer.text);
        }
    }
    assert_eq!(due(&gateway).await, jobs);
}

#[actix_web::test]
async fn no_code_is_kept() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.0.0"]).await;

    let answer = patch(&gateway, VPC, attributes(json!({"no-code": true}))).await;

    assert_eq!((answer.status, answer.attribute("no-code")), (200, &json!(true)));
    assert_eq!(gateway.get(VPC, &gateway.admin).await.body, answer.body);
}

#[actix_web::test]
async fn another_source_is_looked_at_and_what_is_published_stays() {
    let gateway = TestGateway::start().await;
    let token = has_git_module(&gateway).await;
    let id = gateway.get(VPC, &gateway.admin).await.id();
    let fill = move |session: &mut store::Connection| {
        let module = store::modules::load(session, &id)?;
        for (number, is_ok) in [("1.0.0", true), ("1.1.0", false)] {
            let (id, version) = (domain::Id::random(), number.parse()?);
            let new = store::versions::NewVersion {
                id: &id,
                module: &module.id,
                version: &version,
                source: "git",
                tag: Some("tag"),
                branch: None,
                commit: Some("c0ffee"),
                status: domain::VersionStatus::Cloning,
            };
            store::versions::insert(session, &new)?;
            if is_ok {
                store::versions::set_ok(session, &module, id.as_str(), "{}", &[])?;
            }
        }
        Ok(())
    };
    gateway.store.write(fill).await.unwrap();
    let former = gateway.get(VPC, &gateway.admin).await;
    let jobs = due(&gateway).await;
    let sent = json!({
        "identifier": "platform/mono", "oauth-token-id": token, "branch": "", "tags": true,
        "source-directory": "modules/vpc", "tag-prefix": "vpc-",
    });

    let answer = patch(&gateway, VPC, from(sent)).await;

    assert_eq!(answer.status, 200, "{}", answer.text);
    let source = answer.attribute("vcs-repo");
    for (name, value) in [
        ("identifier", "platform/mono"),
        ("display-identifier", "platform/mono"),
        ("oauth-token-id", token.as_str()),
        ("source-directory", "modules/vpc"),
        ("tag-prefix", "vpc-"),
    ] {
        assert_eq!(source[name], value, "{name}");
    }
    assert_ne!(source["webhook-url"], former.attribute("vcs-repo")["webhook-url"]);
    assert_eq!(answer.attribute("version-statuses"), &json!([{"version": "1.0.0", "status": "ok"}]));
    assert_eq!(answer.attribute("status"), "setup_complete");
    let now_due = due(&gateway).await;
    assert_eq!((jobs.len(), now_due.len()), (1, 1), "the former repository is looked at no longer");
    assert_ne!(jobs, now_due);
    assert_eq!(gateway.get(VPC, &gateway.admin).await.body, answer.body);

    let again = patch(&gateway, VPC, from(json!({"display-identifier": "Mono", "tag-prefix": ""}))).await;
    assert_eq!(again.attribute("vcs-repo")["display-identifier"], "Mono");
    assert_eq!(again.attribute("vcs-repo")["source-directory"], "modules/vpc");
    assert_eq!(again.attribute("vcs-repo")["tag-prefix"], "");
}

#[actix_web::test]
async fn what_is_wrong_is_pointed_at() {
    let gateway = TestGateway::start().await;
    has_git_module(&gateway).await;
    let before = gateway.get(VPC, &gateway.admin).await.body;
    for (body, pointer) in [
        (json!({"no-code": "yes"}), "/no-code"),
        (json!({"no-code": 1}), "/no-code"),
        (json!({"vcs-repo": []}), "/vcs-repo"),
        (json!({"vcs-repo": "x"}), "/vcs-repo"),
        (json!({"vcs-repo": {"branch": "refs/heads/a.lock"}}), "/vcs-repo/branch"),
        (json!({"vcs-repo": {"branch": "main", "tag-prefix": "vpc-"}}), "/vcs-repo/tag-prefix"),
        (json!({"vcs-repo": {"branch": "main", "tags": true}}), "/vcs-repo/tags"),
        (json!({"vcs-repo": {"branch": 1}}), "/vcs-repo/branch"),
        (json!({"vcs-repo": {"tags": "true"}}), "/vcs-repo/tags"),
        (json!({"vcs-repo": {"identifier": {}}}), "/vcs-repo/identifier"),
        (json!({"vcs-repo": {"identifier": "../x"}}), "/vcs-repo/identifier"),
        (json!({"vcs-repo": {"oauth-token-id": 1}}), "/vcs-repo/oauth-token-id"),
        (json!({"vcs-repo": {"source-directory": "../x"}}), "/vcs-repo/source-directory"),
        (json!({"vcs-repo": {"source-directory": []}}), "/vcs-repo/source-directory"),
        (json!({"vcs-repo": {"tag-prefix": "a b"}}), "/vcs-repo/tag-prefix"),
        (json!({"vcs-repo": {"tag-prefix": 0}}), "/vcs-repo/tag-prefix"),
        (json!({"vcs-repo": {"display-identifier": []}}), "/vcs-repo/display-identifier"),
        (json!({"vcs-repo": {"organization-name": "other"}}), "/vcs-repo/organization-name"),
        (json!({"test-config": []}), "/test-config"),
        (json!({"test-config": {"tests-enabled": true}}), "/test-config"),
        (json!({"test-config": {"agent-pool-id": "apool-1"}}), "/test-config"),
        (json!({"test-config": {"agent-execution-mode": "local"}}), "/test-config/agent-execution-mode"),
    ] {
        let answer = patch(&gateway, VPC, attributes(body.clone())).await;
        let expected = format!("/data/attributes{pointer}");
        assert_eq!((answer.status, answer.error().0), (422, expected.as_str()), "{body}: {}", answer.text);
    }
    gateway.has_module("acme", "dns", &[]).await;
    let uploads = VPC.replace("vpc", "dns");
    let answer = patch(&gateway, &uploads, from(json!({"identifier": "a/b"}))).await;
    assert_eq!((answer.status, answer.error().0), (422, "/data/attributes/vcs-repo"), "{}", answer.text);
    assert_eq!(patch(&gateway, &uploads, from(json!({"branch": "", "tags": true}))).await.status, 200);
    assert_eq!(gateway.get(VPC, &gateway.admin).await.body, before);
}

#[actix_web::test]
async fn what_one_may_not_use_does_not_exist() {
    let gateway = TestGateway::start().await;
    has_git_module(&gateway).await;
    let theirs = gateway.has_connection("other").await;
    let owner = gateway.token(Some("acme"), Rights::Publish).await;
    let reader = gateway.token(Some("acme"), Rights::Read).await;
    let stranger = gateway.token(Some("other"), Rights::Admin).await;
    let body = |token: &str| Some(from(json!({"oauth-token-id": token})));
    let hidden = gateway.send(Method::PATCH, VPC, &owner, body(&theirs)).await;
    assert_eq!(hidden.status, 404);
    for (path, who, token) in [
        (VPC.to_owned(), &owner, "ot-1111111111111111"),
        (VPC.to_owned(), &owner, "nonsense"),
        // Not even by who may do everything: a module and its connection belong together.
        (VPC.to_owned(), &gateway.admin, &theirs),
        (VPC.to_owned(), &reader, ""),
        (VPC.to_owned(), &stranger, ""),
        (VPC.replace("vpc", "dns"), &owner, ""),
        (VPC.replace("private", "public"), &owner, ""),
        (VPC.replace("/vpc", "/"), &owner, ""),
        (VPC.replace("vpc", "vp%2Fc"), &owner, ""),
    ] {
        let answer = gateway.send(Method::PATCH, &path, who, body(token)).await;
        assert_eq!(answer.text, hidden.text, "{path} {token}");
    }
}

#[actix_web::test]
async fn both_forms_of_reading_take_a_final_slash() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.0.0"]).await;
    let one = gateway.get(VPC, &gateway.admin).await;
    for path in [format!("{VPC}/"), "/registry-modules/show/acme/vpc/aws/".to_owned()] {
        assert_eq!(gateway.get(&path, &gateway.admin).await.body, one.body, "{path}");
    }
}

#[actix_web::test]
async fn deletes_take_no_final_slash() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.0.0"]).await;
    for (method, path) in [
        (Method::DELETE, format!("{VPC}/")),
        (Method::DELETE, "/organizations/acme/registry-modules/private/acme/vpc/".to_owned()),
        (Method::POST, "/registry-modules/actions/delete/acme/vpc/".to_owned()),
        (Method::POST, "/registry-modules/actions/delete/acme/vpc/aws/".to_owned()),
    ] {
        let answer = gateway.send(method, &path, &gateway.admin, None).await;
        assert_eq!(answer.status, 404, "{path}: an empty rest must not delete more than was meant");
    }
    assert_eq!(gateway.get(VPC, &gateway.admin).await.status, 200);
}
