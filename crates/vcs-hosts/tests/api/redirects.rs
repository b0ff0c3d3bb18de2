//! Redirects: after a rename to the same server, and never elsewhere.

use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::fake_host::{HOOK, HOOK_URL, identifier, refusal};

fn redirect(status: u16, to: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("location", to)
}

#[tokio::test]
async fn a_renamed_repository_is_followed() {
    for status in [301, 302, 307, 308] {
        let case = crate::github::case();
        let host = case.start().await;
        host.responds("GET", case.repository, redirect(status, "/api/v3/repositories/186853002")).await;
        let whole = format!("{}/api/v3/now", host.server.uri());
        host.responds("GET", "/api/v3/repositories/186853002", redirect(status, &whole)).await;
        host.answers("GET", "/api/v3/now", 200, &case.repository_answer).await;

        let facts = host.api.find_repository(&host.access(), &identifier(case.identifier)).await.unwrap();

        assert_eq!(facts, Some(case.facts));
        let requests = host.requests().await;
        assert_eq!(requests.len(), 3);
        assert!(requests.iter().all(|request| request.headers["authorization"] == case.authorization));
    }
}

#[tokio::test]
async fn a_webhook_is_sent_again_to_where_the_repository_went() {
    let case = crate::github::case();
    let host = case.start().await;
    host.answers("GET", case.hooks, 200, &json!([])).await;
    host.responds("POST", case.hooks, redirect(307, "/api/v3/repositories/186853002/hooks")).await;
    host.answers("POST", "/api/v3/repositories/186853002/hooks", 201, &(case.hook)(HOOK_URL)).await;

    host.api.register_webhook(&host.access(), &identifier(case.identifier), &HOOK).await.unwrap();

    assert_eq!(host.bodies().await, [case.hook_body.clone(), case.hook_body]);
}

#[tokio::test]
async fn another_server_is_never_asked_and_gets_no_token() {
    let case = crate::github::case();
    let other = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(&case.repository_answer))
        .mount(&other)
        .await;
    let host = case.start().await;
    let port = host.server.address().port();

    for (target, named) in [
        (format!("{}/x?secret=1", other.uri()), other.uri()),
        (format!("http://localhost:{port}/x"), format!("http://localhost:{port}")),
        (format!("https://127.0.0.1:{port}/x"), format!("https://127.0.0.1:{port}")),
        (format!("//{}/x", other.address()), other.uri()),
        (format!("http://u:p@127.0.0.1:{port}/x"), host.server.uri()),
        ("http://169.254.169.254/latest/meta-data".to_owned(), "http://169.254.169.254".to_owned()),
        ("file:///etc/passwd".to_owned(), "elsewhere".to_owned()),
        ("http://[".to_owned(), "elsewhere".to_owned()),
    ] {
        host.server.reset().await;
        host.responds("GET", case.repository, redirect(302, &target)).await;

        let refusal = refusal(host.api.find_repository(&host.access(), &identifier(case.identifier)).await);

        assert!(refusal.contains(&format!(" redirects to {named};")), "{refusal}");
        assert!(!refusal.contains("secret=") && !refusal.contains("u:p"), "{refusal}");
        assert_eq!(host.asked().await.len(), 1);
    }
    assert!(other.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_circle_has_an_end() {
    let case = crate::github::case();
    let host = case.start().await;
    host.responds("GET", case.repository, redirect(301, case.repository)).await;

    let refusal = refusal(host.api.find_repository(&host.access(), &identifier(case.identifier)).await);

    assert!(refusal.ends_with("redirects more than 3 times"), "{refusal}");
    assert_eq!(host.asked().await.len(), 4);
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_an_answer_that_does_not_help() {
    let case = crate::github::case();
    for status in [301, 303, 304] {
        let host = case.start().await;
        host.responds("GET", case.repository, ResponseTemplate::new(status)).await;

        let refusal = refusal(host.api.find_repository(&host.access(), &identifier(case.identifier)).await);

        assert!(refusal.contains(&format!("answered {status}")), "{refusal}");
    }
}
