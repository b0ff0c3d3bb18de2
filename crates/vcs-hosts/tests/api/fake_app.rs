//! A host that knows a GitHub App, which is installed for one repository.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use vcs_hosts::HostKind;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, Request, ResponseTemplate};

use crate::case::Case;
use crate::fake_host::{FakeHost, MINTED};

pub(crate) const APP_ID: &str = "12345";
pub(crate) const PRIVATE_KEY: &str = include_str!("../test_only_keys/rsa_2048.pkcs1.pem");
pub(crate) const APP: &str = "/api/v3/app";
pub(crate) const INSTALLATION: &str = "/api/v3/repos/acme/terraform-aws-vpc/installation";
pub(crate) const TOKENS: &str = "/api/v3/app/installations/42/access_tokens";

/// What a GitHub App asks for is what everybody asks GitHub for.
pub(crate) fn case() -> Case {
    Case { kinds: &[HostKind::GithubApp], authorization: "Bearer ghs_minted-1", ..crate::github::case() }
}

/// Knows nobody yet.
pub(crate) async fn start() -> FakeHost {
    let mut host = FakeHost::start(HostKind::GithubApp).await;
    host.key = Some(APP_ID);
    host.token = Some(PRIVATE_KEY);
    host
}

/// Gives tokens that last for an hour.
pub(crate) async fn start_installed() -> FakeHost {
    let host = start().await;
    is_installed(&host).await;
    mints(&host, 3600).await;
    host
}

pub(crate) async fn is_installed(host: &FakeHost) {
    host.answers("GET", INSTALLATION, 200, &json!({"id": 42, "app_id": 12345, "suspended_at": null})).await;
}

/// Every token has another number.
pub(crate) async fn mints(host: &FakeHost, seconds: i64) {
    let count = AtomicUsize::new(0);
    let mint = move |_: &Request| {
        let number = count.fetch_add(1, Ordering::SeqCst) + 1;
        let end = (OffsetDateTime::now_utc() + time::Duration::seconds(seconds)).format(&Rfc3339).unwrap();
        let body =
            json!({"token": format!("{MINTED}-{number}"), "expires_at": end, "permissions": {"contents": "read"}});
        ResponseTemplate::new(201).set_body_json(body)
    };
    Mock::given(method("POST")).and(path(TOKENS)).respond_with(mint).mount(&host.server).await;
}

/// Answers so to the token of this number alone.
pub(crate) async fn answers_token(host: &FakeHost, (place, number): (&str, u8), status: u16, body: &Value) {
    let bearer = format!("Bearer {MINTED}-{number}");
    let given = Mock::given(path(place)).and(header("authorization", bearer.as_str()));
    given.respond_with(ResponseTemplate::new(status).set_body_json(body)).mount(&host.server).await;
}

/// How many tokens were asked for.
pub(crate) async fn minted(host: &FakeHost) -> usize {
    host.asked().await.iter().filter(|line| line.starts_with("POST") && line.ends_with("/access_tokens")).count()
}
