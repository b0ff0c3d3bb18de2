//! Tokens of users, organizations and services: who may make, see and revoke them, and what they allow.

use std::time::UNIX_EPOCH;

use actix_web::http::Method;
use domain::Rights;
use serde_json::{Value, json};
use store::{Connection, users};

use crate::test_gateway::{Answer, TestGateway, attributes};

const OF_ACME: &str = "/organizations/acme/authentication-token";
const SERVICES: &str = "/organizations/acme/service-tokens";

fn clear(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.attribute("token").as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn an_organization_has_one_token() {
    let gateway = TestGateway::start().await;
    gateway.hears_commits();
    assert_eq!(gateway.get(OF_ACME, &gateway.admin).await.status, 404);

    // As curl does it: without a body.
    let first = gateway.send(Method::POST, OF_ACME, &gateway.admin, None).await;
    assert_eq!(first.body["data"]["type"], "authentication-tokens");
    assert_eq!(first.body["data"]["relationships"]["created-by"]["data"]["type"], "users");
    assert_eq!((first.attribute("expired-at"), first.attribute("rights")), (&Value::Null, &json!("admin")));
    let token = clear(&first);
    assert_eq!(gateway.get("/organizations/acme", &token).await.status, 200);
    assert_eq!(gateway.get("/organizations/other", &token).await.status, 404);
    let account = gateway.get("/account/details", &token).await;
    assert_eq!(account.attribute("is-service-account"), true);

    let read = gateway.get(OF_ACME, &gateway.admin).await;
    assert_eq!((read.status, read.attribute("token")), (200, &Value::Null));
    assert_eq!(read.id(), first.id());

    let body = attributes(json!({"expired-at": "2999-01-31T09:00:00+01:00"}));
    let second = gateway.post(OF_ACME, &gateway.admin, body).await;
    assert_eq!(second.attribute("expired-at"), "2999-01-31T08:00:00.000Z");
    assert_eq!(gateway.get("/organizations/acme", &token).await.status, 401);
    let token = clear(&second);
    assert_eq!(gateway.delete(OF_ACME, &token).await.status, 204);
    assert_eq!(gateway.get(OF_ACME, &token).await.status, 401);
    assert_eq!(gateway.delete(OF_ACME, &gateway.admin).await.status, 404);
}

#[actix_web::test]
async fn service_tokens_read_unless_told_otherwise() {
    let gateway = TestGateway::start().await;
    gateway.hears_commits();
    let reads = gateway.post(SERVICES, &gateway.admin, attributes(json!({"description": "CI"}))).await;
    let body = attributes(json!({"rights": "publish", "description": "releases"}));
    let publishes = gateway.post(SERVICES, &gateway.admin, body).await;
    let module = attributes(json!({"name": "vpc", "provider": "aws"}));
    let modules = "/organizations/acme/registry-modules";
    assert_eq!(gateway.post(modules, &clear(&reads), module.clone()).await.status, 404);
    assert_eq!(gateway.get(modules, &clear(&reads)).await.status, 200);
    assert_eq!(gateway.post(modules, &clear(&publishes), module).await.status, 201);

    let list = gateway.get(SERVICES, &gateway.admin).await;
    let shown: Vec<_> = list.body["data"].as_array().unwrap().iter().map(|it| &it["attributes"]).collect();
    assert_eq!(shown.len(), 2);
    assert!(shown.iter().all(|it| it["token"].is_null() && it["organizations"] == json!(["acme"])), "{shown:?}");

    let one = format!("/authentication-tokens/{}", reads.id());
    assert_eq!(gateway.get(&one, &clear(&reads)).await.attribute("description"), "CI");
    assert_eq!(gateway.delete(&one, &clear(&reads)).await.status, 404, "it only reads");
    assert_eq!(gateway.delete(&one, &gateway.admin).await.status, 204);
    assert_eq!(gateway.get(modules, &clear(&reads)).await.status, 401);
    assert_eq!(gateway.delete(&one, &gateway.admin).await.status, 404);
}

#[actix_web::test]
async fn a_token_of_a_user_follows_the_memberships() {
    let gateway = TestGateway::start().await;
    gateway.hears_commits();
    let (id, token) = gateway.has_user("jane").await;
    let (acme, other) = ("/organizations/acme", "/organizations/other");
    assert_eq!(gateway.get(acme, &token).await.status, 404);
    let membership = format!("/admin/users/{id}/memberships/acme");
    let put = |rights: &str| {
        gateway.send(Method::PUT, &membership, &gateway.admin, Some(attributes(json!({"rights": rights}))))
    };

    assert_eq!(put("publish").await.attribute("rights"), "publish");
    assert_eq!(gateway.get(acme, &token).await.status, 200);
    assert_eq!(gateway.get(other, &token).await.status, 404);
    assert_eq!(gateway.get(OF_ACME, &token).await.status, 404);
    put("admin").await;
    assert_eq!(gateway.post(OF_ACME, &token, attributes(json!({}))).await.status, 201);
    assert_eq!(gateway.delete(&membership, &gateway.admin).await.status, 204);
    assert_eq!(gateway.get(acme, &token).await.status, 404);
    assert_eq!(gateway.get("/account/details", &token).await.status, 200);
    assert_eq!(gateway.delete(&membership, &gateway.admin).await.status, 404);
}

#[actix_web::test]
async fn users_manage_their_own_tokens_only() {
    let gateway = TestGateway::start().await;
    gateway.hears_commits();
    let (jane, token) = gateway.has_user("jane").await;
    let (joe, of_joe) = gateway.has_user("joe").await;
    let (own, others) = (format!("/users/{jane}/authentication-tokens"), format!("/users/{joe}/authentication-tokens"));
    let body = || attributes(json!({"description": "laptop", "rights": "read"}));

    let made = gateway.post(&own, &token, body()).await;
    let weak = clear(&made);
    assert_eq!(gateway.post(&own, &weak, body()).await.status, 404, "it cannot make a stronger one");
    let missing = gateway.post("/users/user-1111111111111111/authentication-tokens", &token, body()).await;
    for (method, path) in [(Method::POST, &others), (Method::GET, &others)] {
        let hidden = gateway.send(method, path, &token, Some(body())).await;
        assert_eq!((hidden.status, &hidden.text), (404, &missing.text));
    }
    let list = gateway.get(&own, &token).await;
    assert_eq!(list.body["data"].as_array().unwrap().len(), 2);
    assert_eq!(list.body["meta"]["pagination"]["total-count"], 2);
    assert!(!list.text.contains("quarry_"), "{}", list.text);

    let one = format!("/authentication-tokens/{}", made.id());
    assert_eq!(gateway.get(&one, &of_joe).await.status, 404);
    assert_eq!(gateway.delete(&one, &of_joe).await.status, 404);
    assert_eq!(gateway.delete(&one, &weak).await.status, 404);
    assert_eq!(gateway.delete(&one, &token).await.status, 204);
    assert_eq!(gateway.get(&own, &weak).await.status, 401);
    assert_eq!(gateway.get(&others, &gateway.admin).await.status, 200);
}

#[actix_web::test]
async fn a_token_ends_no_later_than_the_one_it_was_made_with() {
    const END: &str = "2999-01-31T08:00:00.000Z";
    let gateway = TestGateway::start().await;
    let (jane, token) = gateway.has_user("jane").await;
    let own = format!("/users/{jane}/authentication-tokens");
    let made = gateway.post(&own, &token, attributes(json!({"expired-at": END}))).await;
    let limited = clear(&made);

    for (wanted, end) in [(Value::Null, END), (json!("3000-01-01T00:00:00Z"), END)] {
        let made = gateway.post(&own, &limited, attributes(json!({"expired-at": wanted}))).await;
        assert_eq!((made.status, made.attribute("expired-at")), (201, &json!(end)), "{}", made.text);
    }
    let sooner = gateway.post(&own, &limited, attributes(json!({"expired-at": "2998-01-01T00:00:00Z"}))).await;
    assert_eq!(sooner.attribute("expired-at"), "2998-01-01T00:00:00.000Z");
}

#[actix_web::test]
async fn a_limited_token_reaches_what_it_names() {
    let gateway = TestGateway::start().await;
    gateway.hears_commits();
    let (id, _) = gateway.has_user("root").await;
    let path = format!("/admin/users/{id}/actions/grant_admin");
    assert_eq!(gateway.send(Method::POST, &path, &gateway.admin, None).await.attribute("is-admin"), true);
    let tokens = format!("/users/{id}/authentication-tokens");

    let made = gateway.post(&tokens, &gateway.admin, attributes(json!({"organizations": ["ACME"]}))).await;
    let token = clear(&made);
    assert_eq!(made.attribute("organizations"), &json!(["acme"]));
    assert_eq!(gateway.get("/organizations/acme", &token).await.status, 200);
    assert_eq!(gateway.get("/organizations/other", &token).await.status, 404);
    assert_eq!(gateway.get("/admin/users", &token).await.status, 404);
    assert_eq!(gateway.post(&tokens, &token, attributes(json!({}))).await.status, 404);
}

#[actix_web::test]
async fn what_a_token_cannot_be_is_refused_with_its_place() {
    let gateway = TestGateway::start().await;
    let (id, token) = gateway.has_user("jane").await;
    let of_user = format!("/users/{id}/authentication-tokens");
    for (name, value) in [
        ("expired-at", json!("2020-01-01T00:00:00Z")),
        ("expired-at", json!("10000-01-01T00:00:00Z")),
        ("expired-at", json!("9999-12-31T23:59:59-05:00")),
        ("expired-at", json!("tomorrow")),
        ("expired-at", json!(1_900_000_000)),
        ("description", json!(["x"])),
        ("description", json!("x".repeat(256))),
        ("rights", json!("everything")),
        ("rights", json!(true)),
    ] {
        for path in [OF_ACME, SERVICES, &of_user] {
            let mut body = serde_json::Map::new();
            body.insert(name.to_owned(), value.clone());
            let refused = gateway.post(path, &gateway.admin, attributes(Value::Object(body))).await;
            assert_eq!(refused.status, 422, "{path} {name} {value}: {}", refused.text);
            assert_eq!(refused.error().0, format!("/data/attributes/{name}"), "{value}");
        }
    }
    let of = |names: Value| gateway.post(&of_user, &token, attributes(json!({"organizations": names})));
    let hidden = of(json!(["acme"])).await;
    assert_eq!((hidden.status, hidden.error().0), (422, "/data/attributes/organizations"));
    assert_eq!(hidden.text, of(json!(["nobody"])).await.text);
    for wrong in [json!("acme"), json!([]), json!([1]), json!([""])] {
        let refused = of(wrong.clone()).await;
        assert_eq!((refused.status, refused.error().0), (422, "/data/attributes/organizations"), "{wrong}");
    }
}

#[actix_web::test]
async fn every_route_asks_who_comes() {
    let gateway = TestGateway::start().await;
    gateway.hears_commits();
    let (jane, _) = gateway.has_user("jane").await;
    let made = gateway.post(SERVICES, &gateway.admin, attributes(json!({}))).await;
    let one = format!("/authentication-tokens/{}", made.id());
    let calls = [
        (Method::GET, OF_ACME.to_owned()),
        (Method::POST, OF_ACME.to_owned()),
        (Method::DELETE, OF_ACME.to_owned()),
        (Method::GET, SERVICES.to_owned()),
        (Method::POST, SERVICES.to_owned()),
        (Method::GET, one.clone()),
        (Method::DELETE, one),
        (Method::GET, "/organizations/acme/audit-entries".to_owned()),
        (Method::GET, "/audit-entries".to_owned()),
        (Method::GET, "/admin/users".to_owned()),
        (Method::POST, "/admin/users".to_owned()),
        (Method::DELETE, format!("/admin/users/{jane}")),
        (Method::POST, format!("/admin/users/{jane}/actions/grant_admin")),
        (Method::POST, format!("/admin/users/{jane}/actions/suspend")),
        (Method::PUT, format!("/admin/users/{jane}/memberships/acme")),
        (Method::DELETE, format!("/admin/users/{jane}/memberships/acme")),
    ];
    let revoked = gateway.token(None, Rights::Admin).await;
    gateway.get(SERVICES, &revoked).await;
    let own = gateway.get("/account/details", &revoked).await.id();
    revoke_all_of(&gateway, own).await;
    let strangers = ["".to_owned(), "quarry_wrong".to_owned(), revoked];
    for (method, path) in calls {
        let body = (method != Method::GET).then(|| attributes(json!({"rights": "admin", "username": "x"})));
        for token in &strangers {
            let answer = gateway.send(method.clone(), &path, token, body.clone()).await;
            assert_eq!(answer.status, 401, "{method} {path}");
        }
    }
}

/// Also the administrator's of the test, who is the same user: it is the last thing done there.
async fn revoke_all_of(gateway: &TestGateway, user: String) {
    let id = user.parse().unwrap();
    gateway.store.write(move |session: &mut Connection| users::set_disabled(session, &id, true)).await.unwrap();
}

#[actix_web::test]
async fn others_find_nothing() {
    let gateway = TestGateway::start().await;
    let (jane, of_jane) = gateway.has_user("jane").await;
    let made = gateway.post(SERVICES, &gateway.admin, attributes(json!({}))).await;
    let others = [
        gateway.token(Some("other"), Rights::Admin).await,
        gateway.token(Some("acme"), Rights::Read).await,
        gateway.token(Some("acme"), Rights::Publish).await,
        of_jane,
    ];
    for (method, path) in [
        (Method::GET, OF_ACME.to_owned()),
        (Method::POST, OF_ACME.to_owned()),
        (Method::DELETE, OF_ACME.to_owned()),
        (Method::GET, SERVICES.to_owned()),
        (Method::POST, SERVICES.to_owned()),
        (Method::GET, format!("/authentication-tokens/{}", made.id())),
        (Method::DELETE, format!("/authentication-tokens/{}", made.id())),
        (Method::GET, "/organizations/acme/audit-entries".to_owned()),
        (Method::GET, "/audit-entries".to_owned()),
        (Method::GET, "/admin/users".to_owned()),
        (Method::POST, "/admin/users".to_owned()),
        (Method::DELETE, format!("/admin/users/{jane}")),
        (Method::POST, format!("/admin/users/{jane}/actions/grant_admin")),
        (Method::PUT, format!("/admin/users/{jane}/memberships/acme")),
        (Method::DELETE, format!("/admin/users/{jane}/memberships/acme")),
    ] {
        let body = (method != Method::GET).then(|| attributes(json!({"rights": "admin", "username": "x"})));
        for token in &others {
            let answer = gateway.send(method.clone(), &path, token, body.clone()).await;
            assert_eq!(answer.text, r#"{"errors":[{"status":"404","title":"not found"}]}"#, "{method} {path}");
        }
    }
    assert_eq!(gateway.get(OF_ACME, &gateway.admin).await.status, 404, "nothing was made");
}

/// In milliseconds, as the database on this machine counts.
fn now() -> i64 {
    i64::try_from(UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap()
}

#[actix_web::test]
async fn a_token_that_expires_is_good_for_nothing_at_once() {
    let gateway = TestGateway::start().await;
    let (id, _) = gateway.has_user("jane").await;
    let hash = gateway.new_token();
    let (clear, hash) = (hash.clear.reveal().to_owned(), hash.hash);
    let soon = move |session: &mut Connection| {
        let expires_at = store::now(session)? + 700;
        let (rights, scopes) = (Rights::Admin, None);
        let new =
            store::tokens::NewToken { description: "", rights, scopes, expires_at: Some(expires_at), hash: &hash };
        store::tokens::insert_for_user(session, &id.parse()?, &new).map(|_| expires_at)
    };
    let end = gateway.store.write(soon).await.unwrap();
    // It is kept for a second: whoever asked the cache alone would be let in for longer.
    loop {
        let asked = now();
        let status = gateway.get("/account/details", &clear).await.status;
        if asked > end {
            assert_eq!(status, 401, "it expired {} ms before", asked - end);
            break;
        }
        if now() < end {
            assert_eq!(status, 200);
        }
    }
}

#[actix_web::test]
async fn the_last_use_is_shown() {
    let gateway = TestGateway::start().await;
    let (id, token) = gateway.has_user("jane").await;
    let list = format!("/users/{id}/authentication-tokens");
    let last_use =
        async || gateway.get(&list, &gateway.admin).await.body["data"][0]["attributes"]["last-used-at"].clone();
    gateway.write_down().await;
    assert_eq!(last_use().await, Value::Null);

    gateway.get("/account/details", &token).await;
    gateway.write_down().await;

    assert!(last_use().await.as_str().unwrap().ends_with('Z'));
}
