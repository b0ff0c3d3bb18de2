//! With what a GitHub App proves who it is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::PrivatePkcs1KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::fake_app::{self, APP, APP_ID, INSTALLATION, PRIVATE_KEY, TOKENS};
use crate::fake_host::{FakeHost, identifier, passing, refusal};

const PKCS8: &str = include_str!("../test_only_keys/rsa_2048.pkcs8.pem");

/// What each request carried, without `Bearer `.
async fn carried(host: &FakeHost) -> Vec<String> {
    let bearer = |request: &wiremock::Request| request.headers["authorization"].to_str().unwrap()[7..].to_owned();
    host.requests().await.iter().map(bearer).collect()
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn assert_signed_by_the_app(text: &str) {
    let der = PrivatePkcs1KeyDer::from_pem_slice(PRIVATE_KEY.as_bytes()).unwrap();
    let pair = RsaKeyPair::from_der(der.secret_pkcs1_der()).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public().as_ref().to_vec());
    let (signed, signature) = text.rsplit_once('.').unwrap();
    public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
}

#[tokio::test]
async fn the_app_says_who_it_is_in_a_signed_text_of_few_minutes() {
    for private_key in [PRIVATE_KEY, PKCS8] {
        let mut host = fake_app::start().await;
        host.token = Some(private_key);
        host.answers("GET", APP, 200, &json!({"id": 12345, "slug": "quarry"})).await;

        host.api.check(&host.access()).await.unwrap();

        assert_eq!(host.asked().await, [format!("GET {APP}")]);
        let jwt = carried(&host).await.remove(0);
        assert_signed_by_the_app(&jwt);
        let parts: Vec<&str> = jwt.split('.').collect();
        assert_eq!(decoded(parts[0]), json!({"alg": "RS256", "typ": "JWT"}));
        let claims = decoded(parts[1]);
        assert_eq!(claims["iss"], APP_ID);
        let (from, to) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
        let age = OffsetDateTime::now_utc().unix_timestamp() - from;
        assert!((60..70).contains(&age) && to - from == 600, "{claims}");
    }
}

#[tokio::test]
async fn it_is_shown_for_a_token_that_is_good_for_one_repository() {
    let host = fake_app::start_installed().await;

    let made = host.api.credentials(&host.access(), &identifier("acme/terraform-aws-vpc")).await.unwrap().unwrap();

    assert_eq!((made.username.as_str(), made.password.as_str()), ("x-access-token", "ghs_minted-1"));
    assert_eq!(host.asked().await, [format!("GET {INSTALLATION}"), format!("POST {TOKENS}")]);
    assert_eq!(host.bodies().await, [json!({"repositories": ["terraform-aws-vpc"]})]);
    for request in host.requests().await {
        assert_eq!(request.headers["accept"], "application/vnd.github+json");
    }
    for jwt in carried(&host).await {
        assert_signed_by_the_app(&jwt);
    }
}

#[tokio::test]
async fn a_check_fails_only_for_an_app_that_the_host_does_not_know() {
    for (status, expected) in [
        (200, None),
        (403, None),
        (401, Some("does not accept the private key of the GitHub App: it must be one that the App has")),
        (404, Some("knows no GitHub App of this key: it must be the id or the client id")),
    ] {
        let host = fake_app::start().await;
        host.answers("GET", APP, status, &json!({"message": "<b>no</b>"})).await;

        let checked = host.api.check(&host.access()).await;

        match expected {
            None => checked.unwrap(),
            Some(expected) => {
                let refusal = refusal(checked);
                assert!(refusal.contains(expected), "{refusal}");
            }
        }
    }
    let host = fake_app::start().await;
    host.answers("GET", APP, 502, &json!({})).await;
    assert!(passing(host.api.check(&host.access()).await).ends_with(" answered 502"));
}

#[tokio::test]
async fn a_server_of_ones_own_may_be_below_a_path() {
    for api in ["/git", "/git/api/v3"] {
        let mut host = fake_app::start().await;
        host.api_url = format!("{}{api}", host.server.uri()).parse().unwrap();
        let installation = format!("/git{INSTALLATION}");
        host.answers("GET", &installation, 200, &json!({"id": 42})).await;
        let minted = json!({"token": "ghs_minted", "expires_at": "2999-01-01T00:00:00Z"});
        host.answers("POST", &format!("/git{TOKENS}"), 201, &minted).await;
        host.answers("GET", &format!("/git{APP}"), 200, &json!({})).await;

        host.api.check(&host.access()).await.unwrap();
        let made = host.api.credentials(&host.access(), &identifier("acme/terraform-aws-vpc")).await.unwrap();

        assert_eq!(made.unwrap().password, "ghs_minted");
    }
}
