//! What deprecation and revocation do to those who install.

use actix_web::http::StatusCode;
use serde_json::{Value, json};
use store::{
    modules::Module,
    versions::{self, Verdict, Warning},
};

use crate::harness::{BASE, TestGateway};

async fn judge(gateway: &TestGateway, module: &Module, version: &str, verdict: Verdict) {
    let (module, id) = (module.clone(), version.to_owned());
    let judge = move |session: &mut store::Connection| {
        let version = versions::load(session, &id)?;
        versions::judge(session, &module, &version, &verdict)
    };
    gateway.store.write(judge).await.unwrap();
}

fn warning(text: &str) -> Warning {
    Warning { text: text.to_owned(), link: "https://wiki.acme.test".to_owned() }
}

/// Number and deprecation of each version, as `init` sees them.
async fn listed(gateway: &TestGateway, token: &str) -> Value {
    let answer = gateway.get(token, &format!("{BASE}/acme/vpc/aws/versions")).await.json();
    let versions = answer.pointer("/modules/0/versions").unwrap().as_array().unwrap().clone();
    versions.iter().map(|version| json!([version["version"], version["deprecation"]])).collect()
}

#[actix_web::test]
async fn a_deprecated_version_is_installed_with_a_warning() {
    let gateway = TestGateway::start();
    let acme = gateway.has_scope("acme").await;
    let token = gateway.has_token(None).await;
    let module = gateway.has_module(&acme, "vpc", "aws").await;
    gateway.has_version(&module, "1.0.0").await;
    let newest = gateway.has_version(&module, "2.0.0").await;
    let detail = format!("{BASE}/acme/vpc/aws");
    assert_eq!(listed(&gateway, &token).await, json!([["2.0.0", null], ["1.0.0", null]]));

    judge(&gateway, &module, &newest, Verdict::Deprecate(warning("a \"hole\""))).await;

    let said = json!({"reason": "a \"hole\"", "link": "https://wiki.acme.test"});
    assert_eq!(listed(&gateway, &token).await, json!([["2.0.0", said], ["1.0.0", null]]), "at once, kept or not");
    assert_eq!(gateway.get(&token, &detail).await.json()["deprecation"], said);
    assert_eq!(gateway.get(&token, &format!("{detail}/1.0.0")).await.json()["deprecation"], Value::Null);
    assert_eq!(gateway.get(&token, &format!("{detail}/2.0.0/download")).await.status, StatusCode::OK);

    judge(&gateway, &module, &newest, Verdict::Undeprecate).await;
    assert_eq!(listed(&gateway, &token).await, json!([["2.0.0", null], ["1.0.0", null]]));
}

#[actix_web::test]
async fn a_revoked_version_is_as_good_as_gone() {
    let gateway = TestGateway::start();
    let acme = gateway.has_scope("acme").await;
    let token = gateway.has_token(None).await;
    let module = gateway.has_module(&acme, "vpc", "aws").await;
    gateway.has_version(&module, "1.0.0").await;
    let newest = gateway.has_version(&module, "2.0.0").await;
    let detail = format!("{BASE}/acme/vpc/aws");
    let paths = [format!("{detail}/2.0.0/download"), format!("{detail}/2.0.0")];
    for path in &paths {
        assert_eq!(gateway.get(&token, path).await.status, StatusCode::OK, "{path}");
    }
    let missing = gateway.get(&token, &format!("{detail}/9.9.9/download")).await;

    judge(&gateway, &module, &newest, Verdict::Deprecate(warning("old"))).await;
    judge(&gateway, &module, &newest, Verdict::Revoke(warning("leaks keys"))).await;

    for path in &paths {
        let answer = gateway.get(&token, path).await;
        assert_eq!((answer.status, &answer.body), (StatusCode::NOT_FOUND, &missing.body), "{path}");
    }
    assert_eq!(listed(&gateway, &token).await, json!([["1.0.0", null]]));
    let latest = gateway.get(&token, &detail).await.json();
    assert_eq!((&latest["version"], &latest["versions"]), (&json!("1.0.0"), &json!(["1.0.0"])));
    let redirect = gateway.get(&token, &format!("{detail}/download")).await;
    assert_eq!(redirect.header("location"), Some(format!("{detail}/1.0.0/download").as_str()));
    let all = gateway.get(&token, &format!("{BASE}/acme")).await.json();
    assert_eq!(all["modules"][0]["version"], "1.0.0");

    judge(&gateway, &module, &newest, Verdict::Unrevoke).await;
    let back = gateway.get(&token, &detail).await.json();
    assert_eq!((&back["version"], &back["deprecation"]["reason"]), (&json!("2.0.0"), &json!("old")));
    for path in &paths {
        assert_eq!(gateway.get(&token, path).await.status, StatusCode::OK, "{path}");
    }
}

#[actix_web::test]
async fn a_module_of_which_all_is_revoked_can_be_installed_no_more() {
    let gateway = TestGateway::start();
    let acme = gateway.has_scope("acme").await;
    let token = gateway.has_token(None).await;
    let module = gateway.has_module(&acme, "vpc", "aws").await;
    let only = gateway.has_version(&module, "1.0.0").await;
    judge(&gateway, &module, &only, Verdict::Deprecate(warning(""))).await;
    judge(&gateway, &module, &only, Verdict::Revoke(warning(""))).await;

    assert_eq!(listed(&gateway, &token).await, json!([]));
    assert_eq!(gateway.get(&token, &format!("{BASE}/acme/vpc/aws")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(gateway.get(&token, &format!("{BASE}/acme")).await.json()["modules"], json!([]));
}
