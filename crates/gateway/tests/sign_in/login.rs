//! `terraform login` and `tofu login` (wire-spec 2.2), as the CLIs do it, and as thieves would.

use std::time::Duration;

use actix_web::{http::header, test, test::TestRequest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use service_kit::SignInSettings;
use sha2::{Digest as _, Sha256};
use store::{Connection, audit};

use crate::{
    browser::{Browser, FORM, Page, form},
    test_gateway::{PASSWORD, PUBLIC_URL, TestGateway, call},
};

/// A UUID, a dot and a number, as the CLIs make it.
const VERIFIER: &str = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d.1793249875";
const REDIRECT: &str = "http://localhost:10003/login";
const STATE: &str = "5f2c-a b&c=d";

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

fn asked() -> Vec<(&'static str, String)> {
    vec![
        ("response_type", "code".to_owned()),
        ("client_id", "terraform-cli".to_owned()),
        ("redirect_uri", REDIRECT.to_owned()),
        ("state", STATE.to_owned()),
        ("code_challenge", challenge(VERIFIER)),
        ("code_challenge_method", "S256".to_owned()),
    ]
}

fn address(fields: &[(&'static str, String)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    format!("/oauth/authorization?{}", form(&fields))
}

/// The request with one field replaced, or left out.
fn with(name: &'static str, value: Option<&str>) -> Vec<(&'static str, String)> {
    let others = asked().into_iter().filter(|(known, _)| *known != name);
    others.chain(value.map(|value| (name, value.to_owned()))).collect()
}

async fn decide(browser: &mut Browser<'_>, decision: &str) -> Page {
    let page = browser.get(&address(&asked())).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let token = page.hidden("form_token").to_owned();
    let asked = asked();
    let mut fields: Vec<_> = asked.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.extend([("form_token", token.as_str()), ("decision", decision)]);
    browser.post("/oauth/authorization", &fields).await
}

/// A code that somebody who is signed in agreed to.
async fn code(gateway: &TestGateway, name: &str) -> String {
    let mut browser = gateway.browser();
    browser.sign_in(name).await;
    decide(&mut browser, "allow").await.parameter("code").expect("a code")
}

fn exchange_fields(code: &str) -> Vec<(&'static str, String)> {
    vec![
        ("grant_type", "authorization_code".to_owned()),
        ("code", code.to_owned()),
        ("redirect_uri", REDIRECT.to_owned()),
        ("client_id", "terraform-cli".to_owned()),
        ("code_verifier", VERIFIER.to_owned()),
    ]
}

/// What the CLI sends, with some fields replaced or, if they are there twice, repeated.
async fn exchange(gateway: &TestGateway, fields: &[(&'static str, String)]) -> (u16, Value) {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    post_token(gateway, FORM, form(&fields)).await
}

async fn post_token(gateway: &TestGateway, content_type: &str, body: String) -> (u16, Value) {
    let request =
        TestRequest::post().uri("/oauth/token").insert_header((header::CONTENT_TYPE, content_type)).set_payload(body);
    let response = call(&gateway.gateway, request).await;
    let status = response.status().as_u16();
    assert_eq!(response.headers().get(header::CONTENT_TYPE).unwrap(), "application/json");
    assert_eq!(response.headers().get(header::CACHE_CONTROL).unwrap(), "no-store");
    let body: Value = serde_json::from_slice(&test::read_body(response).await).unwrap();
    assert_eq!(body.get("error").is_some(), status != 200, "{body}");
    assert_eq!(body.get("error_description").is_some(), status != 200, "{body}");
    (status, body)
}

fn replaced(code: &str, name: &'static str, value: Option<&str>) -> Vec<(&'static str, String)> {
    let others = exchange_fields(code).into_iter().filter(|(known, _)| *known != name);
    others.chain(value.map(|value| (name, value.to_owned()))).collect()
}

/// What the audit log holds, newest first.
async fn audited(gateway: &TestGateway) -> Vec<String> {
    let read = |session: &mut Connection| audit::list(session, &audit::Filter::default(), (0, 10));
    let (entries, _) = gateway.store.read(read).await.unwrap();
    entries.into_iter().map(|(entry, _)| format!("{} {}", entry.action, entry.username)).collect()
}

#[actix_web::test]
async fn somebody_signs_in_agrees_and_the_client_has_a_token() {
    let gateway = TestGateway::start();
    let user = gateway.has_user("jdoe").await;
    let mut browser = gateway.browser();

    let first = browser.get(&address(&asked())).await;
    assert_eq!(first.status, 303);
    assert!(first.location().starts_with("/app/sign-in?next=%2Foauth%2Fauthorization%3F"), "{}", first.location());
    let next = first.parameter("next").unwrap();
    let signed_in = browser.sign_in_with("jdoe", PASSWORD, &next).await;
    assert_eq!((signed_in.status, signed_in.location()), (303, address(&asked()).as_str()));
    let consent = browser.get(signed_in.location()).await;
    assert!(consent.text.contains("<strong>jdoe</strong>"), "{}", consent.text);
    // Browsers hold the redirect after the form to the policy of the page, too.
    assert!(consent.header("content-security-policy").contains("form-action 'self' http://localhost:10003;"));

    let agreed = decide(&mut browser, "allow").await;
    assert_eq!(agreed.status, 302);
    assert!(agreed.location().starts_with("http://localhost:10003/login?code="), "{}", agreed.location());
    assert_eq!(agreed.parameter("state").as_deref(), Some(STATE));
    let code = agreed.parameter("code").unwrap();
    let (status, body) = exchange(&gateway, &exchange_fields(&code)).await;

    assert_eq!((status, &body["token_type"]), (200, &json!("bearer")), "{body}");
    let (status, account) = gateway.account(body["access_token"].as_str().unwrap()).await;
    assert_eq!((status, &account["data"]["attributes"]["username"]), (200, &json!("jdoe")));
    // It is no more than its user, who may only read, and has a name that says where it comes from.
    assert_eq!(account["data"]["attributes"]["permissions"]["can-create-organizations"], json!(false));
    assert_eq!(gateway.tokens_of(&user).await, 1);
    let page = browser.get("/app/settings/tokens").await;
    assert!(page.text.contains("login of terraform-cli 20"), "{}", page.text);
    assert_eq!(audited(&gateway).await, ["create-token jdoe", "allow-login jdoe", "sign-in jdoe"]);
}

#[actix_web::test]
async fn nobody_is_sent_where_a_wrong_request_wants() {
    let gateway = TestGateway::start();
    gateway.has_user("jdoe").await;
    let mut signed_in = gateway.browser();
    signed_in.sign_in("jdoe").await;
    let mut wrong = vec![
        with("client_id", None),
        with("client_id", Some("")),
        with("client_id", Some("terraform-cli2")),
        with("redirect_uri", None),
    ];
    for uri in [
        "https://evil.test/login",
        "http://localhost:9999/login",
        "http://localhost:10011/login",
        "http://localhost:10003/login/..",
        "http://localhost:10003@evil.test/login",
        "http://localhost.evil.test:10003/login",
        "http://localhost:10003/login\r\nX: y",
        "//localhost:10003/login",
    ] {
        wrong.push(with("redirect_uri", Some(uri)));
    }
    for name in ["client_id", "redirect_uri"] {
        let mut twice = asked();
        twice.extend(asked().into_iter().filter(|(known, _)| *known == name));
        wrong.push(twice);
    }
    for fields in wrong {
        for browser in [&mut gateway.browser(), &mut signed_in] {
            let page = browser.get(&address(&fields)).await;
            assert_eq!((page.status, page.location()), (400, ""), "{fields:?}");
            assert!(page.text.contains("<h1>This sign-in cannot go on</h1>"), "{}", page.text);
        }
        let token = signed_in.form_token().await;
        let mut form: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        form.extend([("form_token", token.as_str()), ("decision", "allow")]);
        let page = signed_in.post("/oauth/authorization", &form).await;
        assert_eq!((page.status, page.location()), (400, ""), "{fields:?}");
    }
}

#[actix_web::test]
async fn a_client_that_asks_wrongly_is_told() {
    let gateway = TestGateway::start();
    let long = "a".repeat(1025);
    let plain = challenge(VERIFIER);
    let mut twice = asked();
    twice.push(("code_challenge", challenge("another")));
    for (fields, error) in [
        (with("response_type", None), "invalid_request"),
        (with("response_type", Some("token")), "unsupported_response_type"),
        (with("response_type", Some("code id_token")), "unsupported_response_type"),
        (with("code_challenge", None), "invalid_request"),
        (with("code_challenge", Some("")), "invalid_request"),
        (with("code_challenge", Some(&plain[1..])), "invalid_request"),
        (with("code_challenge", Some(&format!("{}=", &plain[1..]))), "invalid_request"),
        (with("code_challenge_method", None), "invalid_request"),
        (with("code_challenge_method", Some("plain")), "invalid_request"),
        (with("code_challenge_method", Some("s256")), "invalid_request"),
        (twice, "invalid_request"),
        (with("state", None), "invalid_request"),
        (with("state", Some("")), "invalid_request"),
        (with("state", Some(&long)), "invalid_request"),
        (with("state", Some("a\r\nb")), "invalid_request"),
    ] {
        let page = gateway.browser().get(&address(&fields)).await;
        assert_eq!(page.status, 302, "{fields:?}");
        assert!(page.location().starts_with("http://localhost:10003/login?error="), "{}", page.location());
        assert_eq!(page.parameter("error").as_deref(), Some(error), "{fields:?}");
        assert_eq!(page.parameter("code"), None);
        let has_state = fields.iter().any(|(name, value)| *name == "state" && value == STATE);
        assert_eq!(page.parameter("state").as_deref(), has_state.then_some(STATE), "{fields:?}");
    }
}

#[actix_web::test]
async fn who_says_no_gives_no_code() {
    let gateway = TestGateway::start();
    gateway.has_user("jdoe").await;
    let mut browser = gateway.browser();
    browser.sign_in("jdoe").await;
    for decision in ["deny", "", "ALLOW"] {
        let page = decide(&mut browser, decision).await;
        assert_eq!(page.parameter("error").as_deref(), Some("access_denied"));
        assert_eq!((page.parameter("code"), page.parameter("state").as_deref()), (None, Some(STATE)));
    }
}

#[actix_web::test]
async fn a_second_use_of_a_code_revokes_what_came_of_the_first() {
    let gateway = TestGateway::start();
    let user = gateway.has_user("jdoe").await;
    let code = code(&gateway, "jdoe").await;
    let (_, body) = exchange(&gateway, &exchange_fields(&code)).await;
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(gateway.account(token).await.0, 200);

    let (status, body) = exchange(&gateway, &exchange_fields(&code)).await;

    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
    assert_eq!(gateway.account(token).await.0, 401);
    assert_eq!(gateway.tokens_of(&user).await, 0);
    assert_eq!(audited(&gateway).await[0], "revoke-token jdoe");
}

#[actix_web::test]
async fn of_two_that_bring_a_code_at_once_neither_keeps_a_token() {
    let gateway = TestGateway::start();
    let user = gateway.has_user("jdoe").await;
    let code = code(&gateway, "jdoe").await;
    let fields = exchange_fields(&code);

    let (one, other) = futures::join!(exchange(&gateway, &fields), exchange(&gateway, &fields));

    let mut statuses = [one.0, other.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    assert_eq!(gateway.tokens_of(&user).await, 0);
}

#[actix_web::test]
async fn a_code_is_good_only_for_who_asked_and_is_used_up_by_the_first_try() {
    let gateway = TestGateway::start();
    let user = gateway.has_user("jdoe").await;
    for (name, value) in [
        ("code_verifier", VERIFIER.replace("1793", "1794")),
        ("code_verifier", challenge(VERIFIER)),
        ("redirect_uri", REDIRECT.replace("10003", "10004")),
        ("redirect_uri", "https://evil.test/login".to_owned()),
        ("client_id", "another".to_owned()),
    ] {
        let code = code(&gateway, "jdoe").await;
        let (status, body) = exchange(&gateway, &replaced(&code, name, Some(&value))).await;
        assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")), "{name}={value}");
        let (status, body) = exchange(&gateway, &exchange_fields(&code)).await;
        assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")), "after {name}={value}");
    }
    for code in ["x", &"A".repeat(43), &"é".repeat(500), "'; DROP TABLE login_codes; --"] {
        assert_eq!(exchange(&gateway, &exchange_fields(code)).await.1["error"], "invalid_grant", "{code}");
    }
    assert_eq!(gateway.tokens_of(&user).await, 0);
}

#[actix_web::test]
async fn what_is_no_request_for_a_token_does_not_use_the_code_up() {
    let gateway = TestGateway::start();
    gateway.has_user("jdoe").await;
    let code = code(&gateway, "jdoe").await;
    let mut wrong: Vec<_> = ["grant_type", "code", "redirect_uri", "client_id", "code_verifier"]
        .iter()
        .flat_map(|name| [replaced(&code, name, None), replaced(&code, name, Some(""))])
        .collect();
    for verifier in
        [&"a".repeat(42), &"a".repeat(129), &format!("{VERIFIER}+"), &format!("{VERIFIER} "), &"é".repeat(50)]
    {
        wrong.push(replaced(&code, "code_verifier", Some(verifier)));
    }
    let mut twice = exchange_fields(&code);
    twice.push(("code_verifier", VERIFIER.to_owned()));
    wrong.push(twice);
    for fields in wrong {
        let (status, body) = exchange(&gateway, &fields).await;
        assert_eq!((status, &body["error"]), (400, &json!("invalid_request")), "{fields:?}");
    }
    let (_, body) = exchange(&gateway, &replaced(&code, "grant_type", Some("password"))).await;
    assert_eq!(body["error"], "unsupported_grant_type");
    for (content_type, body) in [
        ("application/json", json!({"grant_type": "authorization_code", "code": code}).to_string()),
        ("text/plain", form(&[("grant_type", "authorization_code")])),
        (FORM, "a".repeat(100_000)),
        (FORM, "grant_type=authorization_code&code=%00".to_owned()),
        (FORM, String::new()),
    ] {
        let (status, answer) = post_token(&gateway, content_type, body).await;
        assert_eq!((status, &answer["error"]), (400, &json!("invalid_request")), "{content_type}");
    }
    assert_eq!(exchange(&gateway, &exchange_fields(&code)).await.0, 200);
}

#[actix_web::test]
async fn who_is_shut_out_meanwhile_gets_no_token() {
    let gateway = TestGateway::start();
    let user = gateway.has_user("jdoe").await;
    let code = code(&gateway, "jdoe").await;
    gateway.disable(&user).await;

    let (status, body) = exchange(&gateway, &exchange_fields(&code)).await;

    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
}

#[actix_web::test]
async fn tokens_end_where_the_operator_says_so() {
    let life = Some(Duration::from_secs(90 * 24 * 60 * 60));
    let gateway = TestGateway::start_with(PUBLIC_URL, SignInSettings { login_token_life: life, openid: None });
    let user = gateway.has_user("jdoe").await;
    let mut browser = gateway.browser();
    browser.sign_in("jdoe").await;
    let consent = browser.get(&address(&asked())).await;
    assert!(consent.text.contains("ends after 90 days"), "{}", consent.text);
    let code = decide(&mut browser, "allow").await.parameter("code").unwrap();
    exchange(&gateway, &exchange_fields(&code)).await;

    let (tokens, _) =
        gateway.store.read(move |session| store::tokens::list_of_user(session, &user, (0, 1))).await.unwrap();
    // The two clocks are read one after the other.
    let minutes = (tokens[0].expires_at.unwrap() - tokens[0].created_at) / 60_000;
    assert!((90 * 24 * 60 - 1..=90 * 24 * 60).contains(&minutes), "{minutes}");
}
