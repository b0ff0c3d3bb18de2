//! Other sites: nothing that they make a browser send changes anything, and none of them frames or reads a page.

use actix_web::{
    http::{Method, header, header::HeaderName},
    test::TestRequest,
};
use serde_json::json;

use crate::{
    browser::{FORM, TOKENS, form},
    test_gateway::{PASSWORD, PUBLIC_URL, TestGateway},
};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Every form that changes something for who is signed in, with fields that would do it.
fn forms(token_id: &str) -> Vec<(String, Vec<(&'static str, &'static str)>)> {
    let code = [
        ("response_type", "code"),
        ("client_id", "terraform-cli"),
        ("redirect_uri", "http://localhost:10003/login"),
        ("state", "s"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("decision", "allow"),
    ];
    vec![
        (TOKENS.to_owned(), vec![("description", "stolen"), ("rights", "admin"), ("days", "never")]),
        (format!("{TOKENS}/{token_id}/revoke"), vec![]),
        ("/oauth/authorization".to_owned(), code.to_vec()),
        ("/app/sign-out".to_owned(), vec![]),
    ]
}

#[actix_web::test]
async fn forms_of_others_change_nothing() {
    let gateway = TestGateway::start();
    let user = gateway.has_user("jdoe").await;
    gateway.has_user("thief").await;
    let (mut browser, mut thief) = (gateway.browser(), gateway.browser());
    browser.sign_in("jdoe").await;
    thief.sign_in("thief").await;
    let (own, others) = (browser.form_token().await, thief.form_token().await);
    let fields = [("description", "ci"), ("rights", "read"), ("days", "30"), ("form_token", own.as_str())];
    assert_eq!(browser.post(TOKENS, &fields).await.status, 201);
    let page = browser.get(TOKENS).await;
    let id = page.text.split(&format!("{TOKENS}/")).nth(1).unwrap().split('/').next().unwrap().to_owned();

    let other_start = if own.starts_with('0') { "1" } else { "0" };
    let altered = format!("{other_start}{}", &own[1..]);
    let own_origin = [(header::ORIGIN, PUBLIC_URL), (FETCH_SITE, "same-origin")];
    for (path, fields) in forms(&id) {
        let with = |token: &str| {
            let all: Vec<_> = fields.iter().copied().chain([("form_token", token)]).collect();
            form(&all)
        };
        for body in [form(&fields), with(""), with(&others), with(&own[1..]), with(&altered)] {
            let page = browser.post_with(&path, body, FORM, &own_origin).await;
            assert_eq!((page.status, page.location()), (403, ""), "{path}");
        }
        // Even one that had read the token of the form.
        for headers in [
            vec![(header::ORIGIN, "https://evil.test")],
            vec![(header::ORIGIN, "null")],
            vec![(header::ORIGIN, "http://registry.acme.test")],
            vec![(header::ORIGIN, "https://registry.acme.test.evil.test")],
            vec![(header::ORIGIN, PUBLIC_URL), (header::ORIGIN, "https://evil.test")],
            vec![(FETCH_SITE, "cross-site")],
            vec![(FETCH_SITE, "same-site")],
            vec![(FETCH_SITE, "none")],
            vec![(FETCH_SITE, "cross-site"), (header::ORIGIN, PUBLIC_URL)],
        ] {
            let page = browser.post_with(&path, with(&own), FORM, &headers).await;
            assert_eq!((page.status, page.location()), (403, ""), "{path} {headers:?}");
        }
        for content_type in ["", "text/plain", "application/json", "multipart/form-data; boundary=x"] {
            let page = browser.post_with(&path, with(&own), content_type, &own_origin).await;
            assert_eq!((page.status, page.location()), (415, ""), "{path} {content_type}");
        }
        let json = json!({"form_token": own, "description": "stolen", "rights": "admin", "days": "never"}).to_string();
        assert_eq!(browser.post_with(&path, json, "text/plain", &own_origin).await.status, 415);
        // Links change nothing, whatever they say.
        let page = browser.get(&format!("{path}?{}", with(&own))).await;
        assert!([200, 404].contains(&page.status), "{path}");
    }
    assert_eq!(gateway.tokens_of(&user).await, 1);
    assert!(browser.is_signed_in().await);
}

#[actix_web::test]
async fn nobody_is_signed_in_by_another_site() {
    let gateway = TestGateway::start();
    gateway.has_user("thief").await;
    let mut thief = gateway.browser();
    let page = thief.get("/app/sign-in").await;
    let token = page.hidden("form_token").to_owned();
    let fields = |token| form(&[("form_token", token), ("username", "thief"), ("password", PASSWORD)]);

    // The form of the thief's browser, in the one of somebody else: before and after that one has seen the page.
    let mut browser = gateway.browser();
    for _ in 0..2 {
        for token in [token.as_str(), ""] {
            let page = browser.post_with("/app/sign-in", fields(token), FORM, &[]).await;
            assert_eq!((page.status, page.header("set-cookie")), (403, ""));
        }
        browser.get("/app/sign-in").await;
    }
    let own = browser.get("/app/sign-in").await.hidden("form_token").to_owned();
    for headers in [[(header::ORIGIN, "https://evil.test")], [(FETCH_SITE, "cross-site")]] {
        assert_eq!(browser.post_with("/app/sign-in", fields(&own), FORM, &headers).await.status, 403);
    }
    assert_eq!(browser.post_with("/app/sign-in", fields(&own), "text/plain", &[]).await.status, 415);
    assert!(!browser.is_signed_in().await);
    // A browser that tells nothing about sites is served.
    assert_eq!(browser.post_with("/app/sign-in", fields(&own), FORM, &[]).await.status, 303);
}

#[actix_web::test]
async fn no_page_can_be_framed_kept_or_read_by_others() {
    let gateway = TestGateway::start();
    gateway.has_user("jdoe").await;
    let mut browser = gateway.browser();
    browser.sign_in("jdoe").await;
    for path in ["/app/sign-in", "/app/sign-out", TOKENS, "/app/nothing", "/app/", "/oauth/authorization", "/oauth/x"] {
        for browser in [&mut browser, &mut gateway.browser()] {
            let request = TestRequest::get().uri(path).insert_header((header::ORIGIN, "https://evil.test"));
            let page = browser.send(request).await;
            let policy = page.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{path}: {policy}");
            assert!(policy.ends_with("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
            for (name, value) in [
                ("x-frame-options", "DENY"),
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "same-origin"),
                ("cache-control", "no-store"),
                ("strict-transport-security", "max-age=31536000"),
                ("cross-origin-opener-policy", "same-origin"),
                ("access-control-allow-origin", ""),
            ] {
                assert_eq!(page.header(name), value, "{path} {name}");
            }
            assert!(!page.text.contains("<script") && !page.text.contains(" style="), "{path}");
        }
    }
    let request = TestRequest::default().method(Method::OPTIONS).uri("/oauth/token");
    let page = browser.send(request.insert_header((header::ORIGIN, "https://evil.test"))).await;
    assert_eq!((page.status, page.header("access-control-allow-origin")), (404, ""));
    assert_eq!(browser.get("/app/style.css").await.header("cache-control"), "public, max-age=3600");
}
