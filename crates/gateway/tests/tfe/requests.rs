//! What holds for every request: media types, sizes, shapes, unknown URLs.

use actix_web::{
    http::{Method, header},
    test::TestRequest,
};
use serde_json::{Value, json};

use crate::test_gateway::{JSON_API, TestGateway, attributes};

const ALL: &str = "/organizations/acme/registry-modules";

/// A `POST` with any body, and with any content type or none.
fn request(gateway: &TestGateway, content_type: &str, body: impl Into<Vec<u8>>) -> TestRequest {
    let request = TestRequest::post()
        .uri(&format!("/api/v2{ALL}"))
        .insert_header((header::AUTHORIZATION, format!("Bearer {}", gateway.admin)))
        .set_payload(body.into());
    if content_type.is_empty() { request } else { request.insert_header((header::CONTENT_TYPE, content_type)) }
}

fn vpc() -> Value {
    attributes(json!({"name": "vpc", "provider": "aws"}))
}

#[actix_web::test]
async fn bodies_are_json_and_say_so() {
    let gateway = TestGateway::start().await;
    for (content_type, status) in [
        ("", 415),
        ("text/plain", 415),
        ("application/octet-stream", 415),
        ("application/vnd.api+json-x", 415),
        ("application/vnd.api+json; charset=utf-8", 201),
        ("Application/JSON", 422),
    ] {
        let answer = gateway.call(request(&gateway, content_type, vpc().to_string())).await;
        assert_eq!(answer.status, status, "{content_type}: {}", answer.text);
    }
}

#[actix_web::test]
async fn what_is_no_json_is_refused() {
    let gateway = TestGateway::start().await;
    for body in ["", "{", "null,", "{\"data\": {}} trailing", "\u{feff}{}"] {
        assert_eq!(gateway.call(request(&gateway, JSON_API, body)).await.status, 400, "{body}");
    }
    assert_eq!(gateway.call(request(&gateway, JSON_API, vec![b'"', 0xff, b'"'])).await.status, 400);
    let deep = format!("{{\"data\": {}", "[".repeat(100_000));
    assert_eq!(gateway.call(request(&gateway, JSON_API, deep)).await.status, 400);
}

#[actix_web::test]
async fn other_shapes_of_json_are_pointed_at() {
    let gateway = TestGateway::start().await;
    for (body, pointer) in [
        (json!({}), "/data"),
        (json!([]), "/data"),
        (json!("x"), "/data"),
        (json!(null), "/data"),
        (json!({"data": null}), "/data"),
        (json!({"data": []}), "/data"),
        (json!({"data": "x"}), "/data"),
        (json!({"data": {"attributes": []}}), "/data/attributes"),
        (json!({"data": {"attributes": 5}}), "/data/attributes"),
        (json!({"data": {}}), "/data/attributes/name"),
        (json!({"data": {"attributes": null}}), "/data/attributes/name"),
        (json!({"data": {"type": 5, "id": [], "attributes": {"name": {}}}}), "/data/attributes/name"),
        (json!({"data": {"attributes": {"name": "a".repeat(9000)}}}), "/data/attributes/name"),
        (json!({"data": {"attributes": {"name": "a\u{0}b"}}}), "/data/attributes/name"),
    ] {
        let answer = gateway.post(ALL, &gateway.admin, body.clone()).await;
        assert_eq!((answer.status, answer.error().0), (422, pointer), "{}", answer.text);
    }
}

#[actix_web::test]
async fn a_body_is_at_most_a_mebibyte() {
    let gateway = TestGateway::start().await;
    let padded = |size: usize| {
        let text = vpc().to_string();
        format!("{text}{}", " ".repeat(size - text.len()))
    };

    assert_eq!(gateway.call(request(&gateway, JSON_API, padded(1024 * 1024 + 1))).await.status, 413);
    assert_eq!(gateway.call(request(&gateway, JSON_API, padded(1024 * 1024))).await.status, 201);
}

#[actix_web::test]
async fn deletes_need_no_media_type() {
    let gateway = TestGateway::start().await;
    gateway.has_module("acme", "vpc", &[]).await;
    let request = TestRequest::delete()
        .uri(&format!("/api/v2{ALL}/private/acme/vpc/aws"))
        .insert_header((header::AUTHORIZATION, format!("Bearer {}", gateway.admin)))
        .insert_header((header::CONTENT_TYPE, "text/plain"));
    assert_eq!(gateway.call(request).await.status, 204);
}

#[actix_web::test]
async fn unknown_urls_are_not_found_for_everybody() {
    let gateway = TestGateway::start().await;
    for (method, path) in [
        (Method::GET, ""),
        (Method::GET, "/"),
        (Method::GET, "/nothing"),
        (Method::GET, "/organizations/"),
        (Method::PUT, "/organizations"),
        (Method::PUT, "/organizations/acme"),
        (Method::POST, "/organizations/acme"),
        (Method::DELETE, "/ping"),
        (Method::POST, "/organizations/acme/no-code-modules"),
        (Method::POST, "/registry-modules//vpc/aws/versions"),
        (Method::GET, "/../../etc/passwd"),
    ] {
        for token in ["", gateway.admin.as_str()] {
            let answer = gateway.send(method.clone(), path, token, None).await;
            assert_eq!(answer.status, 404, "{method} {path}");
            assert_eq!(answer.body, json!({"errors": [{"status": "404", "title": "not found"}]}));
        }
    }
}
