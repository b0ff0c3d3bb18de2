//! Why a GitHub App gets no token, in words for its owner.

use domain::Error;
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::fake_app::{self, APP, INSTALLATION, TOKENS};
use crate::fake_host::{FakeHost, harmless, identifier, passing, refusal};

const EC: &str = include_str!("../test_only_keys/ec_p256.sec1.pem");
const SMALL: &str = include_str!("../test_only_keys/rsa_1024.pkcs1.pem");
const REPOSITORY: &str = "acme/terraform-aws-vpc";

async fn refused(host: &FakeHost) -> String {
    let refusal = refusal(host.api.find_repository(&host.access(), &identifier(REPOSITORY)).await);
    assert!(refusal.contains(&host.server.address().to_string()), "{refusal}");
    refusal
}

#[tokio::test]
async fn an_app_that_is_not_installed_is_said_to_be_so_and_where_to_install_it() {
    let page = "https://github.com/apps/quarry";
    for (app, place) in [
        (json!({"html_url": page}), format!("install it at {page}, or add the repository to its installation")),
        (json!({"html_url": "javascript:alert(1)"}), "install it on the page of the App, or".to_owned()),
        (json!({"html_url": 1}), "install it on the page of the App, or".to_owned()),
        (json!([]), "install it on the page of the App, or".to_owned()),
    ] {
        let host = fake_app::start().await;
        host.answers("GET", INSTALLATION, 404, &json!({"message": "Not Found"})).await;
        host.answers("GET", APP, 200, &app).await;

        let refusal = refused(&host).await;

        assert!(refusal.starts_with("the GitHub App is not installed for acme/terraform-aws-vpc on "), "{refusal}");
        assert!(refusal.contains(&place), "{refusal}");
    }
}

#[tokio::test]
async fn an_app_that_the_host_does_not_know_is_not_said_to_be_uninstalled() {
    for (status, expected) in [(404, "knows no GitHub App of this key"), (401, "does not accept the private key")] {
        let host = fake_app::start().await;
        host.answers("GET", INSTALLATION, 404, &json!({"message": "Integration not found"})).await;
        host.answers("GET", APP, status, &json!({})).await;

        assert!(refused(&host).await.contains(expected));
    }
}

#[tokio::test]
async fn a_suspended_installation_is_said_to_be_so() {
    let host = fake_app::start().await;
    host.answers("GET", INSTALLATION, 200, &json!({"id": 42, "suspended_at": "2026-03-01T10:00:00Z"})).await;

    let refusal = refused(&host).await;

    assert!(refusal.contains("installation of the GitHub App for acme/terraform-aws-vpc is suspended"), "{refusal}");
    assert_eq!(host.asked().await.len(), 1);
}

#[tokio::test]
async fn a_wrong_key_or_private_key_is_said_to_be_wrong() {
    let host = fake_app::start().await;
    let said = json!({"message": "A JSON web token could not be decoded"});
    host.answers("GET", INSTALLATION, 401, &said).await;

    assert!(refused(&host).await.contains("does not accept the private key of the GitHub App"));
}

#[tokio::test]
async fn minting_may_be_refused() {
    for (status, expected) in [
        (401, "does not accept the private key of the GitHub App"),
        (403, "perhaps its installation was suspended"),
        (404, "the GitHub App is not installed for acme/terraform-aws-vpc"),
        (422, "the GitHub App is not installed for acme/terraform-aws-vpc"),
        (451, "answered 451 when asked about a token for acme/terraform-aws-vpc"),
    ] {
        let host = fake_app::start().await;
        fake_app::is_installed(&host).await;
        host.answers("GET", APP, 200, &json!({})).await;
        host.answers("POST", TOKENS, status, &json!({"message": "<b>no</b>"})).await;

        let refusal = refused(&host).await;

        assert!(refusal.contains(expected), "{status}: {refusal}");
    }
}

#[tokio::test]
async fn answers_that_cannot_be_understood_are_refused_without_the_token() {
    let end = "2999-01-01T00:00:00Z";
    for (installation, minted, expected) in [
        (json!({}), json!({}), "id must be there"),
        (json!({"id": 42, "suspended_at": true}), json!({}), "suspended_at must be a text"),
        (json!({"id": 42}), json!({"expires_at": end}), "token must be there"),
        (json!({"id": 42}), json!({"token": "", "expires_at": end}), "token must not be empty"),
        (json!({"id": 42}), json!({"token": "ghs_minted\n", "expires_at": end}), "token must be a text"),
        (json!({"id": 42}), json!({"token": "ghs_minted"}), "expires_at must be there"),
        (json!({"id": 42}), json!({"token": "ghs_minted", "expires_at": "soon"}), "expires_at must be a time"),
    ] {
        let host = fake_app::start().await;
        host.answers("GET", INSTALLATION, 200, &installation).await;
        host.answers("POST", TOKENS, 201, &minted).await;

        let refusal = refused(&host).await;

        assert!(refusal.contains("answered in an unexpected form") && refusal.contains(expected), "{refusal}");
    }
}

#[tokio::test]
async fn a_host_that_is_busy_may_mint_later() {
    let host = fake_app::start().await;
    fake_app::is_installed(&host).await;
    host.responds("POST", TOKENS, ResponseTemplate::new(403).insert_header("retry-after", "7")).await;

    let id = identifier(REPOSITORY);
    let waits = passing(host.api.credentials(&host.access(), &id).await);
    assert!(waits.ends_with("answered 403; try again after 7 seconds"), "{waits}");
    host.server.reset().await;
    fake_app::is_installed(&host).await;
    fake_app::mints(&host, 3600).await;
    assert!(host.api.credentials(&host.access(), &id).await.unwrap().is_some());
}

#[tokio::test]
async fn what_cannot_be_right_is_never_sent() {
    for (key, private_key, expected) in [
        (
            Some("12345"),
            Some("hunter2-token"),
            "oauth-token-string must be the private key of the GitHub App in PEM form",
        ),
        (Some("12345"), Some(EC), "oauth-token-string must be an RSA key"),
        (Some("12345"), Some(SMALL), "oauth-token-string must be an RSA key of at least 2048 bits"),
        (Some("12345"), None, "oauth-token-string must be the private key"),
        (None, Some(fake_app::PRIVATE_KEY), "key must be the id or the client id"),
        (Some("a\r\nb: c"), Some(fake_app::PRIVATE_KEY), "key must be the id or the client id"),
    ] {
        let mut host = fake_app::start().await;
        (host.key, host.token) = (key, private_key);
        let id = identifier(REPOSITORY);

        for result in [
            host.api.check(&host.access()).await,
            host.api.credentials(&host.access(), &id).await.map(drop),
            host.api.find_repository(&host.access(), &id).await.map(drop),
        ] {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
            assert!(harmless(error.chain()).starts_with(expected), "{error}");
        }
        assert_eq!(host.asked().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_repository_has_an_owner() {
    let host = fake_app::start().await;

    let error = host.api.credentials(&host.access(), &identifier("vpc")).await.unwrap_err();

    assert!(error.to_string().starts_with("identifier must be owner/repository"), "{error}");
    assert_eq!(host.asked().await, Vec::<String>::new());
}
