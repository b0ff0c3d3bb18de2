//! Who gets what, and what nobody can tell from the answers.

use actix_web::http::StatusCode;

use crate::harness::{BASE, TestGateway};

/// Every row of wire-spec 4.2 that names something.
const NAMED: [&str; 7] =
    ["", "/vpc", "/vpc/aws", "/vpc/aws/versions", "/vpc/aws/download", "/vpc/aws/1.0.0", "/vpc/aws/1.0.0/download"];

#[actix_web::test]
async fn discovery_needs_no_token_and_forgives_a_bad_one() {
    let gateway = TestGateway::start();

    for authorization in [None, Some("Bearer nonsense")] {
        let answer = gateway.request(authorization, "/.well-known/terraform.json").await;

        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(
            answer.json(),
            serde_json::json!({"modules.v1": "/api/registry/v1/modules/", "tfe.v2": "/api/v2/",
                               "tfe.v2.1": "/api/v2/", "tfe.v2.2": "/api/v2/", "iacp.v3": "/api/iacp/v3/",
                               "login.v1": {"client": "terraform-cli", "grant_types": ["authz_code"],
                                            "authz": "/oauth/authorization", "token": "/oauth/token",
                                            "ports": [10000, 10010]}})
        );
    }
}

#[actix_web::test]
async fn nothing_else_is_answered_without_a_good_token() {
    let gateway = TestGateway::start();
    let acme = gateway.has_scope("acme").await;
    let module = gateway.has_module(&acme, "vpc", "aws").await;
    gateway.has_version(&module, "1.0.0").await;
    let unknown = TestGateway::start().has_token(None).await;

    for authorization in
        [None, Some("Basic YTpi"), Some("Bearer"), Some("Bearer x"), Some(&*format!("Bearer {unknown}"))]
    {
        for path in
            NAMED.map(|rest| format!("/acme{rest}")).iter().map(String::as_str).chain(["", "/", "/search?q=vpc"])
        {
            let answer = gateway.request(authorization, &format!("{BASE}{path}")).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(answer.body, r#"{"errors":["unauthorized"]}"#);
        }
    }
}

#[actix_web::test]
async fn what_is_hidden_looks_like_what_is_missing() {
    let gateway = TestGateway::start();
    let (acme, other) = (gateway.has_scope("acme").await, gateway.has_scope("other").await);
    let module = gateway.has_module(&acme, "vpc", "aws").await;
    gateway.has_version(&module, "1.0.0").await;
    let (own, stranger) = (gateway.has_token(Some(&acme)).await, gateway.has_token(Some(&other)).await);

    for rest in NAMED {
        let hidden = format!("{BASE}/acme{rest}");
        // Its owner sees it, also so that it is kept in memory when the stranger asks.
        let seen = gateway.get(&own, &hidden).await;
        assert!(seen.status == StatusCode::OK || seen.status == StatusCode::FOUND, "{rest}: {seen:?}");

        let answer = gateway.get(&stranger, &hidden).await;

        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{rest}");
        assert_eq!(answer.body, r#"{"errors":["not found"]}"#);
        assert_eq!(answer, gateway.get(&stranger, &format!("{BASE}/missing{rest}")).await, "{rest}");
        assert_eq!(answer, gateway.get(&own, &format!("{BASE}/other{rest}")).await, "{rest}");
    }
    for list in ["", "/", "/search?q=vpc", "/search?q=vpc&namespace=acme"] {
        let seen = gateway.get(&own, &format!("{BASE}{list}")).await.json();
        assert_eq!(seen["modules"].as_array().unwrap().len(), 1, "{list}");
        let hidden = gateway.get(&stranger, &format!("{BASE}{list}")).await.json();
        assert_eq!(hidden["modules"].as_array().unwrap().len(), 0, "{list}");
    }
}

#[actix_web::test]
async fn odd_paths_are_not_found() {
    let gateway = TestGateway::start();
    let token = gateway.has_token(None).await;
    let acme = gateway.has_scope("acme").await;
    gateway.has_module(&acme, "vpc", "aws").await;

    for path in [
        "//vpc/aws/versions",
        "/acme//aws/versions",
        "/acme/vpc//versions",
        "/acme/vpc/aws//download",
        "/acme/vpc/aws/versions/",
        "/acme/vpc/aws/latest/download",
        "/acme/vpc/aws/1.0.0/other",
        "/%00/vpc/aws/versions",
        "/acme%2Fx/vpc/aws/versions",
        "/acme/v%ffc/aws/versions",
        "/acme/vpc/AWS/versions",
        "/search/vpc/aws/versions",
        "/acme/vpc/aws/versions/x/y/z",
    ] {
        let answer = gateway.get(&token, &format!("{BASE}{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.body, r#"{"errors":["not found"]}"#, "{path}");
    }
}
