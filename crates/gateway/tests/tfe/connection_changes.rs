//! Changing and deleting connections, and what becomes of the modules that come through them.

use actix_web::http::Method;
use domain::{ModuleStatus, Rights, VersionStatus};
use serde_json::{Value, json};
use store::connections::secret_binding;

use crate::test_gateway::{Answer, TestGateway, attributes};

const TOKEN: &str = "glpat-very-secret";

/// One with a name, a user and a token. Its id.
async fn has_client(gateway: &TestGateway, organization: &str) -> String {
    let body = attributes(json!({
        "name": "company git", "service-provider": "git", "http-url": "https://git.acme.test", "key": "ci-bot",
        "oauth-token-string": TOKEN,
    }));
    let made = gateway.post(&format!("/organizations/{organization}/oauth-clients"), &gateway.admin, body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.id()
}

async fn patch(gateway: &TestGateway, id: &str, body: Value) -> Answer {
    gateway.send(Method::PATCH, &format!("/oauth-clients/{id}"), &gateway.admin, Some(attributes(body))).await
}

/// A module from the connection, with a version that can be installed and one that is being read. Its id.
async fn has_git_module(gateway: &TestGateway, client: &str) -> String {
    let repository = json!({"identifier": "p/terraform-aws-vpc", "oauth-token-id": client.replace("oc-", "ot-")});
    let body = attributes(json!({"vcs-repo": repository}));
    let id = gateway.post("/registry-modules", &gateway.admin, body).await.id();
    let wanted = id.clone();
    let publish = move |session: &mut store::Connection| {
        let module = store::modules::load(session, &wanted)?;
        for (number, status) in [("1.0.0", VersionStatus::Pending), ("2.0.0", VersionStatus::Cloning)] {
            let new = store::versions::NewVersion {
                id: &domain::Id::random(),
                module: &module.id,
                version: &number.parse()?,
                source: "git",
                tag: Some(number),
                branch: None,
                commit: Some("c"),
                status,
            };
            store::versions::insert(session, &new)?;
        }
        let oldest = store::versions::list(session, &wanted)?.remove(1);
        store::versions::set_ok(session, &module, oldest.id.as_str(), "{}", &[])
    };
    gateway.store.write(publish).await.unwrap();
    id
}

async fn syncs(gateway: &TestGateway) -> usize {
    let list = |session: &mut store::Connection| store::jobs::list_due(session, domain::JobKind::SyncRepository, 100);
    gateway.store.read(list).await.unwrap().len()
}

async fn versions(gateway: &TestGateway, module: &str) -> Value {
    gateway.get(&format!("/registry-modules/{module}"), &gateway.admin).await.attribute("version-statuses").clone()
}

#[actix_web::test]
async fn what_is_sent_comes_back_and_the_rest_stays() {
    let gateway = TestGateway::start().await;
    let id = has_client(&gateway, "acme").await;
    let key = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n";

    let changed = patch(
        &gateway,
        &id,
        json!({"name": "other", "rsa-public-key": key, "organization-scoped": false, "secret": "s", "agent-pool-id": 5}),
    )
    .await;

    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(changed.attribute("name"), "other");
    assert_eq!(changed.attribute("rsa-public-key"), key);
    assert_eq!(changed.attribute("organization-scoped"), false);
    assert_eq!(changed.attribute("key"), "ci-bot");
    assert_eq!(changed.attribute("http-url"), "https://git.acme.test");
    let read = gateway.get(&format!("/oauth-clients/{id}"), &gateway.admin).await;
    assert_eq!(read.body, changed.body);

    let emptied = patch(&gateway, &id, json!({"name": "", "rsa-public-key": "", "key": null})).await;
    assert_eq!((emptied.attribute("name"), emptied.attribute("rsa-public-key")), (&json!(null), &json!(null)));
    assert_eq!(emptied.attribute("key"), "ci-bot");

    let nothing = patch(&gateway, &id, json!({})).await;
    assert_eq!(nothing.body, emptied.body);
}

#[actix_web::test]
async fn a_new_token_is_sealed_for_its_row_and_has_everything_looked_at_anew() {
    let gateway = TestGateway::start().await;
    let client = has_client(&gateway, "acme").await;
    let module = has_git_module(&gateway, &client).await;
    let (id, before) = (client.parse().unwrap(), syncs(&gateway).await);

    let changed = patch(&gateway, &client, json!({"oauth-token-string": "glpat-another", "key": ""})).await;

    assert_eq!(changed.status, 200, "{}", changed.text);
    assert!(!changed.text.contains("glpat"), "{}", changed.text);
    let row = gateway.store.read(move |session| store::connections::load(session, &id)).await.unwrap();
    let sealed = row.secret_sealed.unwrap();
    assert_eq!(gateway.seal_keys.open_text(&sealed, &secret_binding(&row.id)).unwrap().reveal(), "glpat-another");
    assert_eq!(row.client_key, None);
    assert_eq!((before, syncs(&gateway).await), (1, 1), "a sync that waits already is not queued twice");
    assert_eq!(versions(&gateway, &module).await.as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn what_is_wrong_with_a_change_is_pointed_at() {
    let gateway = TestGateway::start().await;
    let id = has_client(&gateway, "acme").await;
    let bare = gateway.has_connection("acme").await.replace("ot-", "oc-");
    let read = gateway.get(&format!("/oauth-clients/{id}"), &gateway.admin).await;
    for (client, body, pointer) in [
        (&id, json!({"name": 5}), "name"),
        (&id, json!({"name": "a".repeat(9_000)}), "name"),
        (&id, json!({"name": "a\u{0}b"}), "name"),
        (&id, json!({"key": []}), "key"),
        (&id, json!({"key": "u:v"}), "key"),
        (&bare, json!({"key": "u"}), "oauth-token-string"),
        (&id, json!({"secret": true}), "secret"),
        (&id, json!({"oauth-token-string": {}}), "oauth-token-string"),
        (&id, json!({"oauth-token-string": "glpat-very-secret\n"}), "oauth-token-string"),
        (&id, json!({"rsa-public-key": 1}), "rsa-public-key"),
        (&id, json!({"rsa-public-key": "a".repeat(9_000)}), "rsa-public-key"),
        (&id, json!({"private-key": "-----BEGIN"}), "private-key"),
        (&id, json!({"organization-scoped": "yes"}), "organization-scoped"),
    ] {
        let answer = patch(&gateway, client, body.clone()).await;
        assert_eq!((answer.status, answer.error().0), (422, format!("/data/attributes/{pointer}").as_str()), "{body}");
        assert!(!answer.text.contains(TOKEN));
    }
    assert_eq!(gateway.get(&format!("/oauth-clients/{id}"), &gateway.admin).await.body, read.body);
}

#[actix_web::test]
async fn a_deleted_connection_leaves_what_is_published() {
    let gateway = TestGateway::start().await;
    let client = has_client(&gateway, "acme").await;
    let module = has_git_module(&gateway, &client).await;
    assert_eq!(syncs(&gateway).await, 1);

    let deleted = gateway.delete(&format!("/oauth-clients/{client}"), &gateway.admin).await;

    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    assert_eq!(gateway.delete(&format!("/oauth-clients/{client}"), &gateway.admin).await.status, 404);
    assert_eq!(gateway.get(&format!("/oauth-clients/{client}"), &gateway.admin).await.status, 404);
    let token = client.replace("oc-", "ot-");
    assert_eq!(gateway.get(&format!("/oauth-tokens/{token}"), &gateway.admin).await.status, 404);
    let left = gateway.get(&format!("/registry-modules/{module}"), &gateway.admin).await;
    assert_eq!(left.attribute("status"), "setup_complete");
    assert_eq!(left.attribute("vcs-repo"), &json!(null));
    assert!(left.attribute("error-message").as_str().unwrap().contains("was deleted"), "{}", left.text);
    let states = left.attribute("version-statuses").as_array().unwrap();
    assert_eq!(states[1], json!({"version": "1.0.0", "status": "ok"}));
    assert_eq!(states[0]["status"], "clone_failed");
    assert!(states[0]["error"].as_str().unwrap().contains("before this version was read"), "{}", left.text);
    assert_eq!(syncs(&gateway).await, 0);
    let resync = gateway.post(&format!("/registry-modules/{module}/actions/resync"), &gateway.admin, json!({})).await;
    assert_eq!(resync.status, 422);
    let vpc = "/organizations/acme/registry-modules/private/acme/vpc/aws";
    let again = has_client(&gateway, "acme").await.replace("oc-", "ot-");
    let source = |source: Value| Some(attributes(json!({"vcs-repo": source})));
    for unclear in [json!({"identifier": "p/terraform-aws-vpc"}), json!({"oauth-token-id": again})] {
        assert_eq!(gateway.send(Method::PATCH, vpc, &gateway.admin, source(unclear)).await.status, 422);
    }
    let source = source(json!({"identifier": "p/terraform-aws-vpc", "oauth-token-id": again}));
    let attached = gateway.send(Method::PATCH, vpc, &gateway.admin, source).await;
    assert_eq!((attached.status, syncs(&gateway).await), (200, 1), "{}", attached.text);
    assert_eq!(attached.attribute("vcs-repo")["oauth-token-id"], json!(again));
    assert_eq!(attached.attribute("version-statuses"), &json!([{"version": "1.0.0", "status": "ok"}]));
    assert_eq!(gateway.delete(vpc, &gateway.admin).await.status, 204);
}

#[actix_web::test]
async fn a_module_that_had_nothing_to_install_says_that_it_failed() {
    let gateway = TestGateway::start().await;
    let client = has_client(&gateway, "acme").await;
    let repository = json!({"identifier": "p/terraform-aws-dns", "oauth-token-id": client.replace("oc-", "ot-")});
    let module =
        gateway.post("/registry-modules", &gateway.admin, attributes(json!({"vcs-repo": repository}))).await.id();

    gateway.delete(&format!("/oauth-clients/{client}"), &gateway.admin).await;

    let left = gateway.get(&format!("/registry-modules/{module}"), &gateway.admin).await;
    assert_eq!(left.attribute("status"), ModuleStatus::SetupFailed.as_str());
}

#[actix_web::test]
async fn projects_are_accepted_and_have_no_effect() {
    let gateway = TestGateway::start().await;
    let id = has_client(&gateway, "acme").await;
    let path = format!("/oauth-clients/{id}/relationships/projects");
    for method in [Method::POST, Method::DELETE] {
        let good = json!({"data": [{"type": "projects", "id": "prj-1"}]});
        let answer = gateway.send(method.clone(), &path, &gateway.admin, Some(good)).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        for (data, pointer) in [
            (json!({"data": {"type": "projects", "id": "prj-1"}}), "/data"),
            (json!({}), "/data"),
            (json!({"data": ["prj-1"]}), "/data/0/type"),
            (json!({"data": [{"type": "projects", "id": "p"}, {"type": "teams", "id": "p"}]}), "/data/1/type"),
            (json!({"data": [{"type": "projects"}]}), "/data/0/id"),
            (json!({"data": [{"type": "projects", "id": 5}]}), "/data/0/id"),
        ] {
            let answer = gateway.send(method.clone(), &path, &gateway.admin, Some(data.clone())).await;
            assert_eq!((answer.status, answer.error().0), (422, pointer), "{data}");
        }
    }
    let read = gateway.get(&format!("/oauth-clients/{id}"), &gateway.admin).await;
    assert_eq!(read.body["data"]["relationships"]["projects"], json!({"data": []}));
}

#[actix_web::test]
async fn the_organization_may_stand_in_the_body() {
    let gateway = TestGateway::start().await;
    let wanted = json!({"service-provider": "git", "http-url": "https://git.acme.test"});
    let mut named = wanted.clone();
    named["organization"] = json!("acme");
    let related = json!({"data": {
        "attributes": wanted, "relationships": {"organization": {"data": {"type": "organizations", "id": "acme"}}},
    }});
    for body in [attributes(named), related] {
        let made = gateway.post("/oauth-clients", &gateway.admin, body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(made.body["data"]["relationships"]["organization"]["data"]["id"], "acme");
    }
    let missing = gateway.post("/oauth-clients", &gateway.admin, attributes(wanted)).await;
    assert_eq!((missing.status, missing.error().0), (422, "/data/relationships/organization"));
    let token = gateway.token(Some("acme"), Rights::Admin).await;
    let mut hidden = json!({"service-provider": "git", "http-url": "https://git.acme.test", "organization": "other"});
    let other = gateway.post("/oauth-clients", &token, attributes(hidden.clone())).await;
    hidden["organization"] = json!("nobody");
    let nobody = gateway.post("/oauth-clients", &token, attributes(hidden)).await;
    assert_eq!((other.status, other.text), (404, nobody.text));
}

#[actix_web::test]
async fn only_owners_change_connections_and_others_see_nothing() {
    let gateway = TestGateway::start().await;
    let id = has_client(&gateway, "acme").await;
    let token_id = id.replace("oc-", "ot-");
    let stranger = gateway.token(Some("other"), Rights::Admin).await;
    let publisher = gateway.token(Some("acme"), Rights::Publish).await;
    let projects = json!({"data": [{"type": "projects", "id": "prj-1"}]});
    for (method, path, body) in [
        (Method::PATCH, "/oauth-clients/ID".to_owned(), Some(attributes(json!({"name": "x"})))),
        (Method::PATCH, "/oauth-clients/ID".to_owned(), Some(json!([]))),
        (Method::DELETE, "/oauth-clients/ID".to_owned(), None),
        (Method::POST, "/oauth-clients/ID/relationships/projects".to_owned(), Some(projects.clone())),
        (Method::DELETE, "/oauth-clients/ID/relationships/projects".to_owned(), Some(projects)),
        (Method::PATCH, "/oauth-tokens/TOKEN".to_owned(), Some(attributes(json!({})))),
        (Method::DELETE, "/oauth-tokens/TOKEN".to_owned(), None),
    ] {
        let there = path.replace("ID", &id).replace("TOKEN", &token_id);
        let missing = path.replace("ID", "oc-1111111111111111").replace("TOKEN", "ot-1111111111111111");
        let nowhere = gateway.send(method.clone(), &missing, &stranger, body.clone()).await;
        for caller in [&stranger, &publisher] {
            let answer = gateway.send(method.clone(), &there, caller, body.clone()).await;
            assert_eq!((answer.status, &answer.text), (404, &nowhere.text), "{method} {path}");
        }
        assert_eq!(gateway.send(method.clone(), &there, "", body).await.status, 401, "{method} {path}");
    }
    for path in [format!("/oauth-clients/{id}/oauth-tokens"), format!("/oauth-tokens/{token_id}")] {
        assert_eq!(gateway.get(&path, &stranger).await.status, 404, "{path}");
        assert_eq!(gateway.get(&path, &publisher).await.status, 200, "{path}");
    }
}
