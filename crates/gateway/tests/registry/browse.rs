//! Lists and search.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use crate::harness::{BASE, TestGateway};

/// Of `acme`: eks/aws, subnet_a/google and, from Git, vpc/aws; besides one without a version. Of `other`: vpc/aws.
async fn filled() -> (TestGateway, String) {
    let gateway = TestGateway::start();
    let (acme, other) = (gateway.has_scope("acme").await, gateway.has_scope("other").await);
    for module in [
        gateway.has_git_module(&acme, "vpc").await,
        gateway.has_module(&acme, "eks", "aws").await,
        gateway.has_module(&acme, "subnet_a", "google").await,
        gateway.has_module(&other, "vpc", "aws").await,
    ] {
        gateway.has_version(&module, "1.0.0").await;
    }
    gateway.has_module(&acme, "empty", "aws").await;
    let token = gateway.has_token(None).await;
    (gateway, token)
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["modules"].as_array().unwrap().iter().map(|module| module["id"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn items_have_every_field_and_no_null() {
    let (gateway, token) = filled().await;

    let answer = gateway.get(&token, &format!("{BASE}/acme/vpc")).await.json();

    assert_eq!(
        answer,
        json!({
            "meta": {"limit": 15, "current_offset": 0},
            "modules": [{
                "id": "acme/vpc/aws/1.0.0", "owner": "acme", "namespace": "acme", "name": "vpc", "version": "1.0.0",
                "provider": "aws", "provider_logo_url": "", "description": "",
                "source": "https://git.acme.test/acme/terraform-aws-vpc", "tag": "v1.0.0",
                "published_at": "2026-03-02T09:14:55.120Z", "downloads": 0, "verified": false
            }]
        })
    );
    let uploaded = gateway.get(&token, &format!("{BASE}/acme/eks")).await.json();
    assert_eq!((&uploaded["modules"][0]["source"], &uploaded["modules"][0]["tag"]), (&json!(""), &json!("")));
}

#[actix_web::test]
async fn filters_narrow_the_list() {
    let (gateway, token) = filled().await;
    let eks = "acme/eks/aws/1.0.0";
    let subnet = "acme/subnet_a/google/1.0.0";
    let vpc = "acme/vpc/aws/1.0.0";
    let others = "other/vpc/aws/1.0.0";

    for (path, expected) in [
        ("", vec![eks, subnet, vpc, others]),
        ("/", vec![eks, subnet, vpc, others]),
        ("?provider=google", vec![subnet]),
        ("?provider=google,aws", vec![eks, subnet, vpc, others]),
        ("?provider=google&provider=azurerm", vec![subnet]),
        ("?provider=", vec![eks, subnet, vpc, others]),
        ("?provider=NONE", vec![]),
        ("?verified=true", vec![]),
        ("?verified=false&limit=0", vec![eks, subnet, vpc, others]),
        ("/acme", vec![eks, subnet, vpc]),
        ("/ACME?provider=aws", vec![eks, vpc]),
        ("/acme/vpc", vec![vpc]),
        ("/acme/empty", vec![]),
        ("/search?q=VPC", vec![vpc, others]),
        ("/search?q=vpc&namespace=other", vec![others]),
        ("/search?q=vpc&namespace=missing", vec![]),
        ("/search?q=vpc&namespace=a%2Fb", vec![]),
        ("/search?q=subnet_a", vec![subnet]),
        ("/search?q=_", vec![subnet]),
        ("/search?q=%25", vec![]),
        ("/search?q=acme&provider=google", vec![subnet]),
        ("/search?q=vpc&verified=true", vec![]),
    ] {
        let answer = gateway.get(&token, &format!("{BASE}{path}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(ids(&answer.json()), expected, "{path}");
    }
}

#[actix_web::test]
async fn following_the_pages_gives_everything_once() {
    let (gateway, token) = filled().await;
    let mut next = format!("{BASE}/search?q=aws&limit=1&provider=aws,google&namespace=acme");
    let mut seen = Vec::new();
    let mut pages = 0;

    loop {
        let page = gateway.get(&token, &next).await.json();
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        pages += 1;
        match page["meta"]["next_url"].as_str() {
            Some(url) => next = url.to_owned(),
            None => break,
        }
    }

    assert_eq!(seen, ["acme/eks/aws/1.0.0", "acme/vpc/aws/1.0.0"]);
    assert_eq!(pages, 2);
}

#[actix_web::test]
async fn pages_lead_to_each_other_with_their_filters() {
    let (gateway, token) = filled().await;
    let url = |offset: i64| format!("{BASE}?limit=1&offset={offset}&provider=aws");

    let page = gateway.get(&token, &url(1)).await.json();

    assert_eq!(ids(&page), ["acme/vpc/aws/1.0.0"]);
    assert_eq!(
        page["meta"],
        json!({"limit": 1, "current_offset": 1, "next_offset": 2, "next_url": url(2), "prev_offset": 0,
               "prev_url": url(0)})
    );
    let last = gateway.get(&token, &url(2)).await.json();
    assert_eq!(last["meta"], json!({"limit": 1, "current_offset": 2, "prev_offset": 1, "prev_url": url(1)}));
    let beyond = gateway.get(&token, &format!("{BASE}/acme/vpc?offset=9223372036854775807&limit=1000")).await.json();
    assert_eq!((&beyond["modules"], &beyond["meta"]["limit"]), (&json!([]), &json!(100)));
}

#[actix_web::test]
async fn what_cannot_be_asked_is_named() {
    let (gateway, token) = filled().await;

    for (path, text) in [
        ("/search", "q is required"),
        ("/search?q=%20", "q is required"),
        ("?limit=x", "limit must be a whole number, not negative"),
        ("/acme?offset=-1", "offset must be a whole number, not negative"),
        ("/acme/vpc?limit=-1", "limit must be a whole number, not negative"),
        ("/search?q=a%00", "q must not hold control characters"),
    ] {
        let answer = gateway.get(&token, &format!("{BASE}{path}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.json(), json!({"errors": [text]}), "{path}");
    }
}
