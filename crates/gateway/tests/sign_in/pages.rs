//! Signing in and out.

use service_kit::SignInSettings;

use crate::{
    browser::TOKENS,
    test_gateway::{PASSWORD, TestGateway},
};

const SESSION: &str = "__Host-quarry_session";

#[actix_web::test]
async fn who_is_not_signed_in_is_asked_to_and_brought_back() {
    let gateway = TestGateway::start();
    gateway.has_user("jdoe").await;
    let mut browser = gateway.browser();
    let wanted = "/app/settings/tokens?source=terraform-login";

    let page = browser.get(wanted).await;
    assert_eq!((page.status, page.parameter("next").as_deref()), (303, Some(wanted)));
    let page = browser.sign_in_with("JDoe", PASSWORD, wanted).await;

    assert_eq!((page.status, page.location()), (303, wanted));
    let page = browser.get(wanted).await;
    assert!(page.text.contains("copy it to the terminal"), "{}", page.text);
    assert!(!browser.get(TOKENS).await.text.contains("copy it to the terminal"));
    assert_eq!(browser.get("/app/sign-in").await.location(), TOKENS, "there is nothing to ask any more");
}

#[actix_web::test]
async fn cookies_are_for_this_host_alone() {
    let gateway = TestGateway::start();
    gateway.has_user("jdoe").await;
    let page = gateway.browser().sign_in("jdoe").await;
    let cookies: Vec<_> = page.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, it)| it).collect();
    let session = cookies.iter().find(|cookie| cookie.starts_with(SESSION)).unwrap();
    for part in ["; HttpOnly", "; Secure", "; SameSite=Lax", "; Path=/", "; Max-Age=43200"] {
        assert!(session.contains(part), "{session}");
    }
    assert!(!session.contains("Domain"), "{session}");

    let plain = TestGateway::start_with("http://127.0.0.1:8080", SignInSettings::default());
    let page = plain.browser().get("/app/sign-in").await;
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("quarry_visit=") && !cookie.contains("Secure"), "{cookie}");
    assert_eq!(page.header("strict-transport-security"), "");
}

#[actix_web::test]
async fn a_wrong_sign_in_does_not_tell_what_was_wrong() {
    let gateway = TestGateway::start();
    gateway.has_user("jdoe").await;
    let disabled = gateway.has_user("former").await;
    gateway.disable(&disabled).await;
    let mut seen = Vec::new();
    for (name, password) in [
        ("jdoe", "wrong horse battery staple"),
        ("jdoe", ""),
        ("nobody", PASSWORD),
        ("former", PASSWORD),
        ("", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ] {
        let page = gateway.browser().sign_in_with(name, password, TOKENS).await;
        assert_eq!((page.status, page.header("set-cookie")), (403, ""), "{name}");
        assert!(!page.text.contains(PASSWORD), "{}", page.text);
        let shown = page.text.split("role=\"alert\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
        seen.push(shown);
    }
    assert!(seen.iter().all(|text| *text == "The user name or the password is wrong."), "{seen:?}");
}

#[actix_web::test]
async fn who_guesses_has_to_wait_whether_or_not_there_is_such_a_user() {
    let gateway = TestGateway::start();
    gateway.has_user("jdoe").await;
    gateway.has_user("other").await;
    let mut answers = Vec::new();
    for name in ["jdoe", "nobody"] {
        for _ in 0..5 {
            assert_eq!(gateway.browser().sign_in_with(name, "a wrong password", TOKENS).await.status, 403);
        }
        // Not even the right one is looked at.
        let page = gateway.browser().sign_in_with(&name.to_uppercase(), PASSWORD, TOKENS).await;
        let wait: u64 = page.header("retry-after").parse().unwrap();
        assert!((1..=6).contains(&wait), "{wait}");
        assert!(!gateway.browser().is_signed_in().await);
        answers.push((page.status, page.text.replace(&name.to_uppercase(), "").len()));
    }
    assert_eq!(answers[0].0, 429);
    assert_eq!(answers[0], answers[1]);
    gateway.browser().sign_in("other").await;
}

#[actix_web::test]
async fn after_signing_in_nobody_is_sent_elsewhere() {
    let gateway = TestGateway::start();
    gateway.has_user("jdoe").await;
    for next in
        ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "/app/sign-out", "\r\nX: y"]
    {
        let page = gateway.browser().sign_in_with("jdoe", PASSWORD, next).await;
        assert_eq!((page.status, page.location()), (303, TOKENS), "{next}");
    }
    let mut browser = gateway.browser();
    let token = browser.get("/app/sign-in").await.hidden("form_token").to_owned();
    let fields =
        [("form_token", token.as_str()), ("username", "jdoe"), ("password", PASSWORD), ("next", "//evil.test")];
    assert_eq!(browser.post("/app/sign-in", &fields).await.location(), TOKENS);
    assert_eq!(browser.get("/app/sign-in?next=//evil.test").await.location(), TOKENS);
}

#[actix_web::test]
async fn a_new_sign_in_is_a_new_session() {
    let gateway = TestGateway::start();
    gateway.has_user("jdoe").await;
    let mut browser = gateway.browser();
    let planted = "A".repeat(43);
    browser.cookies.insert(SESSION.to_owned(), planted.clone());
    assert!(!browser.is_signed_in().await);
    browser.sign_in("jdoe").await;
    assert_ne!(browser.cookies[SESSION], planted);

    // Signing in again from the same browser ends the session before.
    let mut former = browser.clone();
    browser.cookies.remove(SESSION);
    let page = browser.get("/app/sign-in").await;
    let token = page.hidden("form_token").to_owned();
    browser.cookies.insert(SESSION.to_owned(), former.cookies[SESSION].clone());
    let fields = [("form_token", token.as_str()), ("username", "jdoe"), ("password", PASSWORD)];
    assert_eq!(browser.post("/app/sign-in", &fields).await.status, 303);
    assert!(browser.is_signed_in().await);
    assert!(!former.is_signed_in().await);
}

#[actix_web::test]
async fn signing_out_ends_the_session_at_every_gateway() {
    let gateway = TestGateway::start();
    let another = gateway.another();
    gateway.has_user("jdoe").await;
    let mut browser = gateway.browser();
    browser.sign_in("jdoe").await;
    let mut elsewhere = browser.at(&another);
    assert!(elsewhere.is_signed_in().await);

    let page = browser.get("/app/sign-out").await;
    assert_eq!(page.status, 200);
    let token = page.hidden("form_token").to_owned();
    let page = browser.post("/app/sign-out", &[("form_token", &token)]).await;

    assert_eq!((page.status, page.location()), (303, "/app/sign-in"));
    assert!(!browser.cookies.contains_key(SESSION));
    assert!(!elsewhere.is_signed_in().await, "somebody who kept the cookie");
}

#[actix_web::test]
async fn who_is_shut_out_is_signed_out() {
    let gateway = TestGateway::start();
    let user = gateway.has_user("jdoe").await;
    let mut browser = gateway.browser();
    browser.sign_in("jdoe").await;
    gateway.disable(&user).await;
    assert!(!browser.is_signed_in().await);
}

#[actix_web::test]
async fn what_people_are_called_is_only_text() {
    let gateway = TestGateway::start();
    let name = "<script>alert('x')</script>\"&";
    gateway.has_user(name).await;
    let mut browser = gateway.browser();
    let failed = browser.sign_in_with(name, "a wrong password", TOKENS).await;
    browser.sign_in(name).await;
    for page in [failed, browser.get(TOKENS).await, browser.get("/app/sign-out").await] {
        assert!(!page.text.contains("<script"), "{}", page.text);
        assert!(page.text.contains("&#60;script&#62;"), "{}", page.text);
    }
    let page = browser.get("/app/sign-in/openid").await;
    assert_eq!(page.status, 404, "no provider is set");
}

#[actix_web::test]
async fn without_a_provider_nothing_leads_to_one() {
    let gateway = TestGateway::start();
    let page = gateway.browser().get("/app/sign-in").await;
    assert!(!page.text.contains("openid"), "{}", page.text);
    assert_eq!(gateway.browser().get("/app/sign-in/openid/callback?code=x&state=y").await.status, 404);
    for part in ["<html lang=\"en\">", "<label for=\"username\">", "<label for=\"password\">", "<h1>", "<title>"] {
        assert!(page.text.contains(part), "{part} in {}", page.text);
    }
}
