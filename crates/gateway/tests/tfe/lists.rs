//! Lists: search, filters, pages.

use domain::Rights;
use serde_json::json;

use crate::test_gateway::{Answer, PUBLIC_URL, TestGateway, attributes};

const MODULES: &str = "/organizations/acme/registry-modules";

fn names(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body["data"].as_array().unwrap().iter().map(|it| it["attributes"]["name"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn modules_are_searched_and_filtered() {
    let gateway = TestGateway::start().await;
    for name in ["vpc", "dns", "vpc-peering"] {
        gateway.has_module("acme", name, &["1.0.0"]).await;
    }
    gateway.has_module("other", "theirs", &[]).await;
    let google = attributes(json!({"name": "vpc", "provider": "google"}));
    gateway.post(MODULES, &gateway.admin, google).await;
    for (query, expected) in [
        ("", vec!["dns", "vpc", "vpc", "vpc-peering"]),
        ("?q=PEER", vec!["vpc-peering"]),
        ("?q=%25", vec![]),
        ("?filter%5Bprovider%5D=google", vec!["vpc"]),
        ("?filter[provider]=azure", vec![]),
        ("?filter[registry_name]=private&q=dns", vec!["dns"]),
        ("?filter[registry_name]=public", vec![]),
        ("?filter[organization_name]=acme&q=dns", vec!["dns"]),
        ("?filter[organization_name]=other", vec![]),
        ("?page[size]=1&page[number]=2", vec!["vpc"]),
        ("?unknown=1&include=no-code-modules&q=dns", vec!["dns"]),
    ] {
        let answer = gateway.get(&format!("{MODULES}{query}"), &gateway.admin).await;
        assert_eq!(names(&answer), expected, "{query}");
    }
}

#[actix_web::test]
async fn a_listed_module_looks_like_a_read_one() {
    let gateway = TestGateway::start().await;
    let token = gateway.has_connection("acme").await;
    let repository = json!({"vcs-repo": {"identifier": "platform/terraform-aws-vpc", "oauth-token-id": token}});
    gateway.post("/registry-modules", &gateway.admin, attributes(repository)).await;
    gateway.has_module("acme", "dns", &["1.0.0", "2.0.0"]).await;

    let list = gateway.get(MODULES, &gateway.admin).await;

    for (at, name) in ["dns", "vpc"].into_iter().enumerate() {
        let one = gateway.get(&format!("{MODULES}/private/acme/{name}/aws"), &gateway.admin).await;
        assert_eq!(list.body["data"][at], one.body["data"]);
    }
}

#[actix_web::test]
async fn organizations_are_searched_by_name_and_email() {
    let gateway = TestGateway::start().await;
    let odd = attributes(json!({"name": "third", "email": "acme-fan@third.test"}));
    gateway.post("/organizations", &gateway.admin, odd).await;
    for (query, expected) in [
        ("", vec!["acme", "other", "third"]),
        ("?q=acme", vec!["acme", "third"]),
        ("?q%5Bname%5D=acme", vec!["acme"]),
        ("?q[email]=FAN@", vec!["third"]),
        ("?q[name]=other&q[email]=third", vec![]),
    ] {
        assert_eq!(names(&gateway.get(&format!("/organizations{query}"), &gateway.admin).await), expected, "{query}");
    }
    let token = gateway.token(Some("other"), Rights::Read).await;
    let own = gateway.get("/organizations?include=entitlement_set", &token).await;
    assert_eq!(names(&own), ["other"]);
    assert_eq!(own.body["included"][0]["id"], own.body["data"][0]["attributes"]["external-id"]);
}

#[actix_web::test]
async fn a_page_past_the_end_is_empty() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.0.0"]).await;
    for path in ["/organizations", MODULES, "/organizations/acme/registry-modules/private/acme/vpc/aws/versions"] {
        let url = format!("{path}?page%5Bnumber%5D=1000000000&page%5Bsize%5D=100");
        let answer = gateway.get(&url, &gateway.admin).await;
        assert_eq!((answer.status, &answer.body["data"]), (200, &json!([])), "{path}");
        assert_eq!(answer.body["meta"]["pagination"]["current-page"], 1_000_000_000);
        assert_eq!(answer.body["meta"]["pagination"]["next-page"], json!(null));
        assert_eq!(answer.body["links"]["self"], format!("{PUBLIC_URL}/api/v2{url}"));
    }
}

#[actix_web::test]
async fn a_bad_page_is_named() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &[]).await;
    for path in ["/organizations", MODULES, "/organizations/acme/oauth-clients"] {
        for (query, name) in [
            ("page[number]=0", "page[number]"),
            ("page[number]=-1", "page[number]"),
            ("page[number]=two", "page[number]"),
            ("page[number]=99999999999999999999", "page[number]"),
            ("page[size]=0", "page[size]"),
            ("page[size]=1.5", "page[size]"),
        ] {
            let answer = gateway.get(&format!("{path}?{query}"), &gateway.admin).await;
            assert_eq!(answer.status, 400, "{path}?{query}");
            assert!(answer.error().1.contains(name), "{}", answer.text);
        }
    }
    let large = gateway.get(&format!("{MODULES}?page[size]=1000"), &gateway.admin).await;
    assert_eq!(large.body["meta"]["pagination"]["page-size"], 100);
    assert_eq!(gateway.get(&format!("{MODULES}?q=%00"), &gateway.admin).await.status, 400);
}
