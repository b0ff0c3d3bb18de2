//! How often clients may call, and how often they may be wrong about who they are.

use std::num::NonZeroU32;

use actix_web::{http::header::AUTHORIZATION, test::TestRequest};
use domain::Rights;
use service_kit::{Rates, TrustedProxies};

use crate::test_gateway::{Answer, TestGateway};

/// More calls than any budget here lasts for, however slow this machine is.
const MANY: usize = 2_000;

async fn limited(calls_per_second: u32, failed_logins_per_minute: u32, proxies: &str) -> TestGateway {
    let rates = Rates {
        calls_per_second: NonZeroU32::new(calls_per_second),
        failed_logins_per_minute: NonZeroU32::new(failed_logins_per_minute),
    };
    TestGateway::start_with(rates, TrustedProxies::parse(proxies).unwrap()).await
}

/// A call of somebody at `peer`, through proxies that say `forwarded`.
fn request(path: &str, token: &str, peer: &str, forwarded: &str) -> TestRequest {
    let mut request = TestRequest::with_uri(path).peer_addr(format!("{peer}:4711").parse().unwrap());
    if !token.is_empty() {
        request = request.insert_header((AUTHORIZATION, format!("Bearer {token}")));
    }
    if !forwarded.is_empty() {
        request = request.insert_header(("X-Forwarded-For", forwarded));
    }
    request
}

async fn ping(gateway: &TestGateway, token: &str, peer: &str, forwarded: &str) -> Answer {
    gateway.call(request("/api/v2/ping", token, peer, forwarded)).await
}

/// Calls until the budget is used up; the answer that says so.
async fn use_up(gateway: &TestGateway, token: &str, peer: &str, forwarded: &str) -> Answer {
    for _ in 0..MANY {
        let answer = ping(gateway, token, peer, forwarded).await;
        if answer.status != 204 {
            return answer;
        }
    }
    panic!("{MANY} calls in a row were allowed");
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
}

#[actix_web::test]
async fn every_answer_says_how_many_calls_there_are() {
    let gateway = limited(1_000, 0, "").await;
    for (path, token) in [("/ping", ""), ("/ping", "garbage"), ("/nothing", ""), ("/account/details", "")] {
        let answer = gateway.get(path, token).await;
        assert_eq!(header(&answer, "X-RateLimit-Limit"), "1000");
        assert!(header(&answer, "X-RateLimit-Remaining").parse::<u32>().unwrap() < 1_000);
        assert!(header(&answer, "X-RateLimit-Reset").parse::<f64>().unwrap() > 0.0);
    }
    assert_eq!(gateway.get("/account/details", &gateway.admin).await.status, 200);
}

#[actix_web::test]
async fn more_calls_are_told_how_long_to_wait_in_a_form_that_clients_can_read() {
    let gateway = limited(4, 0, "").await;
    let token = gateway.token(Some("acme"), Rights::Read).await;

    let refused = use_up(&gateway, &token, "192.0.2.1", "").await;

    assert_eq!(refused.status, 429);
    assert_eq!(refused.body["errors"][0]["status"], "429");
    assert_eq!(header(&refused, "X-RateLimit-Limit"), "4");
    assert_eq!(header(&refused, "X-RateLimit-Remaining"), "0");
    let wait: f64 = header(&refused, "X-RateLimit-Reset").parse().unwrap();
    assert!((0.0..=0.25).contains(&wait), "{wait}");
    assert_eq!(header(&refused, "Retry-After"), "1");
}

#[actix_web::test]
async fn nobody_uses_the_budget_of_another_one() {
    let gateway = limited(4, 0, "").await;
    let (one, other) =
        (gateway.token(Some("acme"), Rights::Read).await, gateway.token(Some("other"), Rights::Read).await);

    use_up(&gateway, &one, "192.0.2.1", "").await;

    assert_eq!(ping(&gateway, &other, "192.0.2.1", "").await.status, 204);
    assert_eq!(ping(&gateway, "", "192.0.2.1", "").await.status, 204);
}

#[actix_web::test]
async fn without_a_valid_token_the_address_counts() {
    let gateway = limited(4, 0, "").await;
    let token = gateway.token(Some("acme"), Rights::Read).await;

    use_up(&gateway, "", "192.0.2.1", "").await;
    // Used up again at once, if a little came back: a wrong token opens no budget of its own.
    use_up(&gateway, "quarry_wrong", "192.0.2.1", "").await;

    assert_eq!(ping(&gateway, "", "192.0.2.2", "").await.status, 204);
    assert_eq!(ping(&gateway, &token, "192.0.2.1", "").await.status, 204);
}

#[actix_web::test]
async fn only_proxies_of_ones_own_say_who_calls() {
    let gateway = limited(4, 0, "10.0.0.0/8").await;

    use_up(&gateway, "", "10.0.0.1", "198.51.100.7").await;
    assert_eq!(ping(&gateway, "", "10.0.0.1", "198.51.100.8").await.status, 204);

    use_up(&gateway, "", "192.0.2.1", "198.51.100.8").await;
    // What a stranger says is not believed: still the same client.
    let refused = use_up(&gateway, "", "192.0.2.1", "198.51.100.9").await;
    assert_eq!(refused.status, 429);
    assert_eq!(ping(&gateway, "", "10.0.0.1", "198.51.100.9").await.status, 204);
}

#[actix_web::test]
async fn wrong_tokens_are_refused_after_a_while_and_valid_ones_are_not() {
    let gateway = limited(0, 3, "").await;
    let details = |token: &str, peer: &str| gateway.call(request("/api/v2/account/details", token, peer, ""));
    for _ in 0..3 {
        assert_eq!(details("quarry_wrong", "192.0.2.1").await.status, 401);
    }

    let refused = details("quarry_wrong", "192.0.2.1").await;

    assert_eq!(refused.status, 429);
    let wait: f64 = header(&refused, "X-RateLimit-Reset").parse().unwrap();
    assert!((0.0..=20.0).contains(&wait), "{wait}");
    assert!(header(&refused, "Retry-After").parse::<u32>().unwrap() <= 20);
    assert_eq!(details(&gateway.admin, "192.0.2.1").await.status, 200);
    assert_eq!(details("", "192.0.2.1").await.status, 401, "who names no token guesses none");
    assert_eq!(details("quarry_wrong", "192.0.2.2").await.status, 401);
}

#[actix_web::test]
async fn wrong_tokens_count_on_the_registry_protocol_as_well() {
    let gateway = limited(0, 2, "").await;
    let versions = "/api/registry/v1/modules/acme/vpc/aws/versions";
    let details = "/api/v2/account/details";
    for path in [versions, details] {
        assert_eq!(gateway.raw(request(path, "quarry_wrong", "192.0.2.1", "")).await.0, 401);
    }

    let (status, headers, text) = gateway.raw(request(versions, "quarry_wrong", "192.0.2.1", "")).await;

    assert_eq!(status, 429);
    assert_eq!(text, r#"{"errors":["too many requests: too many wrong tokens came from this address"]}"#);
    assert!(headers.contains_key("Retry-After"));
    assert_eq!(gateway.raw(request(versions, &gateway.admin, "192.0.2.1", "")).await.0, 404);
    assert_eq!(gateway.raw(request("/.well-known/terraform.json", "quarry_wrong", "192.0.2.1", "")).await.0, 200);
}

#[actix_web::test]
async fn the_registry_protocol_has_no_other_limit() {
    let gateway = limited(4, 0, "").await;
    let token = gateway.token(Some("acme"), Rights::Read).await;
    use_up(&gateway, &token, "192.0.2.1", "").await;
    for _ in 0..20 {
        let path = "/api/registry/v1/modules/acme/vpc/aws/versions";
        assert_eq!(gateway.raw(request(path, &token, "192.0.2.1", "")).await.0, 404);
    }
}
