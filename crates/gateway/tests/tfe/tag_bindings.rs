//! Tags of modules and versions.

use actix_web::http::Method;
use domain::Rights;
use serde_json::{Value, json};

use crate::test_gateway::{Answer, TestGateway};

const VPC: &str = "/organizations/acme/registry-modules/private/acme/vpc/aws";

fn with_tags(tags: Value) -> Value {
    json!({"data": {"relationships": {"tag-bindings": {"data": tags}}}})
}

fn tag(key: &str, value: &str) -> Value {
    json!({"type": "tag-bindings", "attributes": {"key": key, "value": value}})
}

async fn patch(gateway: &TestGateway, path: &str, tags: Value) -> Answer {
    gateway.send(Method::PATCH, path, &gateway.admin, Some(with_tags(tags))).await
}

/// Key and value of each; every id is one of ours.
fn shown(answer: &Answer) -> Vec<(&str, &str)> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let items = answer.body["data"].as_array().unwrap();
    let is_ours = |item: &Value| item["id"].as_str().unwrap().starts_with("tb-") && item["type"] == "tag-bindings";
    assert!(items.iter().all(is_ours), "{}", answer.text);
    items
        .iter()
        .map(|item| (item["attributes"]["key"].as_str().unwrap(), item["attributes"]["value"].as_str().unwrap()))
        .collect()
}

#[actix_web::test]
async fn tags_of_a_module_are_replaced_as_a_whole() {
    let gateway = TestGateway::start().await;
    let id = gateway.has_module("acme", "vpc", &[]).await;
    let list = format!("/registry-modules/{id}/tag-bindings");
    assert_eq!(shown(&gateway.get(&list, &gateway.admin).await), []);

    assert_eq!(patch(&gateway, VPC, json!([tag("team", "net"), tag("cost", "")])).await.status, 200);

    let first = gateway.get(&list, &gateway.admin).await;
    assert_eq!(shown(&first), [("cost", ""), ("team", "net")]);
    assert_eq!(patch(&gateway, VPC, Value::Null).await.status, 200);
    assert_eq!(gateway.get(&list, &gateway.admin).await.body, first.body, "null is not given");
    patch(&gateway, VPC, json!([tag("team", "net"), tag("tier", "1")])).await;
    let second = gateway.get(&list, &gateway.admin).await;
    assert_eq!(shown(&second), [("team", "net"), ("tier", "1")]);
    assert_eq!(second.body["data"][0]["id"], first.body["data"][1]["id"], "what stays keeps its id");
    patch(&gateway, VPC, json!([])).await;
    assert_eq!(shown(&gateway.get(&list, &gateway.admin).await), []);
}

#[actix_web::test]
async fn versions_are_found_by_their_tags() {
    let gateway = TestGateway::start().await;
    let module = gateway.has_module("acme", "vpc", &["1.0.0", "1.1.0", "2.0.0"]).await;
    for (version, tags) in [
        ("1.0.0", json!([tag("team", "net")])),
        ("1.1.0", json!([tag("team", "net"), tag("tier", "1")])),
        ("2.0.0", json!([tag("team", "sec")])),
    ] {
        let answer = patch(&gateway, &format!("{VPC}/{version}"), tags).await;
        assert_eq!((answer.status, answer.attribute("version")), (200, &json!(version)), "{}", answer.text);
    }
    for (query, expected) in [
        ("filter[tagged][0][key]=team", vec!["2.0.0", "1.1.0", "1.0.0"]),
        ("filter%5Btagged%5D%5B0%5D%5Bkey%5D=team&filter[tagged][0][value]=net", vec!["1.1.0", "1.0.0"]),
        ("filter[tagged][0][value]=sec", vec!["2.0.0"]),
        ("filter[tagged][0][key]=team&filter[tagged][1][key]=tier", vec!["1.1.0"]),
        ("filter[tagged][0][key]=nothing", vec![]),
        ("filter[tagged][0][key]=&filter[tagged]=1&filter[tagged][0][other]=1", vec!["2.0.0", "1.1.0", "1.0.0"]),
    ] {
        let answer = gateway.get(&format!("{VPC}/versions?{query}"), &gateway.admin).await;
        let items = answer.body["data"].as_array().unwrap();
        let numbers: Vec<&str> = items.iter().map(|it| it["attributes"]["version"].as_str().unwrap()).collect();
        assert_eq!(numbers, expected, "{query}");
        assert_eq!(answer.body["meta"]["pagination"]["total-count"], expected.len());
    }
    let all = gateway.get(&format!("{VPC}/versions"), &gateway.admin).await;
    let tags = json!([{"key": "team", "value": "net"}, {"key": "tier", "value": "1"}]);
    assert_eq!(all.body["data"][1]["attributes"]["tags"], tags);
    let shown_by_module = gateway.get(&format!("/registry-modules/{module}"), &gateway.admin).await;
    assert_eq!(shown_by_module.attribute("version-tags")[1], json!({"version": "1.1.0", "tags": tags}));
    let id = all.body["data"][1]["id"].as_str().unwrap();
    let own = gateway.get(&format!("/registry-module-versions/{id}/tag-bindings"), &gateway.admin).await;
    assert_eq!(shown(&own), [("team", "net"), ("tier", "1")]);
}

#[actix_web::test]
async fn what_is_wrong_is_pointed_at() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &["1.0.0"]).await;
    let attributes = |attributes: Value| json!([tag("a", "b"), {"attributes": attributes}]);
    let long = |length: usize| "ä".repeat(length);
    for (tags, pointer) in [
        (json!({}), ""),
        (json!("team"), ""),
        (json!(["team"]), ""),
        (json!([null]), ""),
        (Value::Array((0..51).map(|at| tag(&at.to_string(), "")).collect()), ""),
        (json!([{"id": "tb-1", "type": "tag-bindings"}]), "/0/attributes"),
        (json!([{"attributes": []}]), "/0/attributes"),
        (attributes(json!({"value": "b"})), "/1/attributes/key"),
        (attributes(json!({"key": ""})), "/1/attributes/key"),
        (attributes(json!({"key": 1})), "/1/attributes/key"),
        (attributes(json!({"key": "a"})), "/1/attributes/key"),
        (attributes(json!({"key": "x\ny"})), "/1/attributes/key"),
        (attributes(json!({"key": long(129)})), "/1/attributes/key"),
        (attributes(json!({"key": "c", "value": {}})), "/1/attributes/value"),
        (attributes(json!({"key": "c", "value": long(257)})), "/1/attributes/value"),
    ] {
        for path in [VPC.to_owned(), format!("{VPC}/1.0.0")] {
            let answer = patch(&gateway, &path, tags.clone()).await;
            let expected = format!("/data/relationships/tag-bindings/data{pointer}");
            assert_eq!((answer.status, answer.error().0), (422, expected.as_str()), "{tags}: {}", answer.text);
        }
    }
    for (body, pointer) in [
        (json!({"data": {"relationships": []}}), "/data/relationships"),
        (json!({"data": {"relationships": {"tag-bindings": []}}}), "/data/relationships/tag-bindings"),
    ] {
        let answer = gateway.send(Method::PATCH, VPC, &gateway.admin, Some(body)).await;
        assert_eq!((answer.status, answer.error().0), (422, pointer), "{}", answer.text);
    }
    assert_eq!(patch(&gateway, VPC, json!([tag(&long(128), &long(256))])).await.status, 200);
}

#[actix_web::test]
async fn tags_of_others_do_not_exist() {
    let gateway = TestGateway::start().await;
    let module = gateway.has_module("acme", "vpc", &["1.0.0"]).await;
    let one = gateway.get(&format!("{VPC}/version?module_version=1.0.0"), &gateway.admin).await.id();
    let stranger = gateway.token(Some("other"), Rights::Admin).await;
    for path in [
        format!("/registry-modules/{module}/tag-bindings"),
        "/registry-modules/mod-1/tag-bindings".to_owned(),
        "/registry-modules/modver-1/tag-bindings".to_owned(),
        format!("/registry-module-versions/{one}/tag-bindings"),
        "/registry-module-versions/modver-1/tag-bindings".to_owned(),
        format!("/registry-module-versions/{module}/tag-bindings"),
    ] {
        let answer = gateway.get(&path, &stranger).await;
        assert_eq!(answer.text, r#"{"errors":[{"status":"404","title":"not found"}]}"#, "{path}");
    }
}
