//! Users, what they may do, and the audit log of all of it.

use actix_web::http::Method;
use domain::Rights;
use serde_json::{Value, json};

use crate::test_gateway::{TestGateway, attributes};

const USERS: &str = "/admin/users";

#[actix_web::test]
async fn users_come_and_go() {
    let gateway = TestGateway::start().await;
    gateway.hears_commits();
    let body = json!({"username": "Jane", "email": "jane@acme.test", "password": "correct horse battery"});
    let made = gateway.post(USERS, &gateway.admin, attributes(body)).await;
    assert_eq!((made.status, made.attribute("username")), (201, &json!("Jane")), "{}", made.text);
    assert_eq!((made.attribute("has-password"), made.attribute("is-admin")), (&json!(true), &json!(false)));
    assert!(!made.text.contains("horse") && !made.text.contains("argon2"), "{}", made.text);
    let again = gateway.post(USERS, &gateway.admin, attributes(json!({"username": "jane"}))).await;
    assert_eq!((again.status, again.error().0), (422, "/data/attributes/username"));

    let list = gateway.get("/admin/users?q=jan", &gateway.admin).await;
    assert_eq!(list.body["data"][0]["id"], made.id());
    assert_eq!(list.body["meta"]["pagination"]["total-count"], 1);

    let one = format!("{USERS}/{}", made.id());
    let suspended = gateway.send(Method::POST, &format!("{one}/actions/suspend"), &gateway.admin, None).await;
    assert_eq!(suspended.attribute("is-suspended"), true);
    assert_eq!(gateway.send(Method::POST, &format!("{one}/actions/x"), &gateway.admin, None).await.status, 404);
    assert_eq!(gateway.delete(&one, &gateway.admin).await.status, 204);
    assert_eq!(gateway.delete(&one, &gateway.admin).await.status, 404);
}

#[actix_web::test]
async fn what_a_user_cannot_be_is_refused_with_its_place() {
    let gateway = TestGateway::start().await;
    for (name, value) in [
        ("username", json!(null)),
        ("username", json!("")),
        ("username", json!("a b")),
        ("username", json!("x".repeat(65))),
        ("username", json!("API-org-acme-1")),
        ("username", json!(7)),
        ("email", json!("nobody")),
        ("password", json!("eleven char")),
        ("password", json!("")),
        ("password", json!(123_456_789_012_i64)),
        ("is-admin", json!("yes")),
    ] {
        let mut body = json!({"username": "jane"});
        body[name] = value.clone();
        let refused = gateway.post(USERS, &gateway.admin, attributes(body)).await;
        assert_eq!((refused.status, refused.error().0), (422, format!("/data/attributes/{name}").as_str()), "{value}");
    }
    let (id, _) = gateway.has_user("joe").await;
    let path = format!("{USERS}/{id}/memberships/acme");
    for rights in [json!(null), json!("owner"), json!(1)] {
        let refused =
            gateway.send(Method::PUT, &path, &gateway.admin, Some(attributes(json!({"rights": rights})))).await;
        assert_eq!((refused.status, refused.error().0), (422, "/data/attributes/rights"), "{rights}");
    }
}

#[actix_web::test]
async fn owners_give_rights_in_what_they_own() {
    let gateway = TestGateway::start().await;
    gateway.hears_commits();
    let (id, token) = gateway.has_user("jane").await;
    let owner = gateway.token(Some("acme"), Rights::Admin).await;
    let body = || Some(attributes(json!({"rights": "read"})));
    let of = |organization: &str| format!("{USERS}/{id}/memberships/{organization}");

    assert_eq!(gateway.send(Method::PUT, &of("other"), &owner, body()).await.status, 404);
    assert_eq!(gateway.send(Method::PUT, &of("acme"), &owner, body()).await.status, 200);
    assert_eq!(gateway.get("/organizations/acme", &token).await.status, 200);
    let missing = format!("{USERS}/user-1111111111111111/memberships/acme");
    assert_eq!(gateway.send(Method::PUT, &missing, &owner, body()).await.status, 404);
    assert_eq!(gateway.send(Method::PUT, &of("acme"), &token, body()).await.status, 404, "it only reads");
}

#[actix_web::test]
async fn the_user_of_the_setting_stays() {
    let gateway = TestGateway::start().await;
    let made = gateway.new_token();
    let (clear, hash) = (made.clear.reveal().to_owned(), made.hash);
    let set = move |session: &mut store::Connection| {
        let user = store::users::find_or_insert(session, "admin")?;
        store::tokens::set_administrator_token(session, &user, "administrator", &hash)
    };
    gateway.store.write(set).await.unwrap();
    let id = gateway.get("/account/details", &clear).await.id();
    let tokens = gateway.get(&format!("/users/{id}/authentication-tokens"), &clear).await;
    let token = tokens.body["data"][0]["id"].as_str().unwrap();

    for (method, path) in [
        (Method::DELETE, format!("{USERS}/{id}")),
        (Method::POST, format!("{USERS}/{id}/actions/suspend")),
        (Method::POST, format!("{USERS}/{id}/actions/revoke_admin")),
        (Method::DELETE, format!("/authentication-tokens/{token}")),
    ] {
        assert_eq!(gateway.send(method, &path, &clear, None).await.status, 409, "{path}");
    }
    assert_eq!(gateway.get(USERS, &clear).await.status, 200);
}

/// Actions and outcomes, newest first.
fn shown(list: &Value) -> Vec<(String, String)> {
    let text = |entry: &Value, name: &str| entry["attributes"][name].as_str().unwrap().to_owned();
    list["data"].as_array().unwrap().iter().map(|entry| (text(entry, "action"), text(entry, "outcome"))).collect()
}

#[actix_web::test]
async fn every_change_of_access_is_in_the_log() {
    let gateway = TestGateway::start().await;
    gateway.hears_commits();
    let (id, _) = gateway.has_user("jane").await;
    let one = format!("{USERS}/{id}");
    let membership = format!("{one}/memberships/acme");
    let organization_token = "/organizations/acme/authentication-token";
    let service = gateway.post("/organizations/acme/service-tokens", &gateway.admin, attributes(json!({}))).await;
    for (method, path, status) in [
        (Method::POST, organization_token.to_owned(), 201),
        (Method::DELETE, organization_token.to_owned(), 204),
        (Method::DELETE, organization_token.to_owned(), 404),
        (Method::DELETE, format!("/authentication-tokens/{}", service.id()), 204),
        (Method::PUT, membership.clone(), 200),
        (Method::DELETE, membership, 204),
        (Method::POST, format!("{one}/actions/grant_admin"), 200),
        (Method::DELETE, one, 204),
    ] {
        let body = (method != Method::DELETE).then(|| attributes(json!({"rights": "read"})));
        assert_eq!(gateway.send(method, &path, &gateway.admin, body).await.status, status, "{path}");
    }

    let all = gateway.get("/audit-entries?page[size]=100", &gateway.admin).await;
    let mut expected = [
        ("create-organization", "ok"),
        ("create-organization", "ok"),
        ("create-user", "ok"),
        ("create-user-token", "ok"),
        ("create-service-token", "ok"),
        ("create-organization-token", "ok"),
        ("delete-organization-token", "ok"),
        ("delete-organization-token", "404"),
        ("revoke-token", "ok"),
        ("set-membership", "ok"),
        ("remove-membership", "ok"),
        ("change-user", "ok"),
        ("delete-user", "ok"),
    ]
    .map(|(action, outcome)| (action.to_owned(), outcome.to_owned()));
    let mut found = shown(&all.body);
    // Within a millisecond there is no order.
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert!(!all.text.contains("quarry_"), "{}", all.text);

    let owner = gateway.token(Some("acme"), Rights::Admin).await;
    let of_acme = gateway.get("/organizations/acme/audit-entries", &owner).await;
    assert_eq!(shown(&of_acme.body).len(), 8, "{}", of_acme.text);
    let entry = &of_acme.body["data"][0];
    assert_eq!(entry["relationships"]["organization"]["data"]["id"], "acme");
    assert_eq!(entry["attributes"]["user"], "jdoe");
    let other = gateway.token(Some("other"), Rights::Admin).await;
    let of_other = gateway.get("/organizations/other/audit-entries", &other).await;
    assert_eq!(shown(&of_other.body), [("create-organization".to_owned(), "ok".to_owned())]);
}

#[actix_web::test]
async fn the_log_is_searched() {
    let gateway = TestGateway::start().await;
    gateway.has_user("jane").await;
    let found = async |query: &str| {
        let list = gateway.get(&format!("/audit-entries?{query}"), &gateway.admin).await;
        (list.status, list.body["meta"]["pagination"]["total-count"].as_i64().unwrap_or(-1))
    };
    assert_eq!(found("").await, (200, 4));
    assert_eq!(found("filter[action]=create-user").await, (200, 1));
    assert_eq!(found("filter[user]=jdoe&page[size]=1").await, (200, 4));
    assert_eq!(found("filter[user]=nobody").await, (200, 0));
    assert_eq!(found("filter[since]=2020-01-01T00:00:00Z").await, (200, 4));
    assert_eq!(found("filter[since]=2999-01-01T00:00:00Z").await, (200, 0));
    assert_eq!(found("filter[until]=2020-01-01T00:00:00Z").await, (200, 0));
    for wrong in
        ["filter[since]=yesterday", "filter[until]=10000-01-01T00:00:00Z", "filter[since]=2026-13-01T00:00:00Z"]
    {
        assert_eq!(found(wrong).await.0, 400, "{wrong}");
    }
}

#[actix_web::test]
async fn entries_say_from_where_and_in_which_request() {
    let gateway = TestGateway::start().await;
    let request = actix_web::test::TestRequest::post()
        .uri("/api/v2/organizations/acme/registry-modules")
        .peer_addr("203.0.113.7:1234".parse().unwrap())
        .insert_header(("X-Request-Id", "proxy-1"))
        .insert_header(("Authorization", format!("Bearer {}", gateway.admin)));
    let answer = gateway.call(request).await;
    assert_eq!((answer.status, answer.headers.get("x-request-id").unwrap()), (400, &"proxy-1".parse().unwrap()));

    let list = gateway.get("/organizations/acme/audit-entries", &gateway.admin).await;
    let entry = &list.body["data"][0]["attributes"];
    assert_eq!((&entry["request-id"], &entry["address"]), (&json!("proxy-1"), &json!("203.0.113.7")));
    assert_eq!(
        (&entry["outcome"], &entry["object"]),
        (&json!("400"), &json!("/api/v2/organizations/acme/registry-modules"))
    );
}
