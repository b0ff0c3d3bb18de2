//! `/app/settings/tokens`: making, seeing and revoking one's own tokens.

use crate::{
    browser::{Browser, Page, TOKENS},
    test_gateway::TestGateway,
};

async fn make(browser: &mut Browser<'_>, fields: &[(&str, &str)]) -> Page {
    let token = browser.form_token().await;
    let fields: Vec<_> = fields.iter().copied().chain([("form_token", token.as_str())]).collect();
    browser.post(TOKENS, &fields).await
}

/// The ids on the page, as its forms name them.
fn ids(page: &Page) -> Vec<String> {
    let start = format!("action=\"{TOKENS}/");
    page.text.split(&start).skip(1).map(|part| part.split('/').next().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_token_is_shown_once_works_and_is_revoked() {
    let gateway = TestGateway::start();
    let user = gateway.has_user("jdoe").await;
    let mut browser = gateway.browser();
    browser.sign_in("jdoe").await;

    let page = make(&mut browser, &[("description", "ci of <b>acme</b>"), ("rights", "read"), ("days", "30")]).await;
    assert_eq!(page.status, 201);
    let token = page.text.split("<code class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(gateway.account(&token).await.0, 200);

    let page = browser.get(TOKENS).await;
    assert!(!page.text.contains(&token) && !page.text.contains("<b>"), "{}", page.text);
    assert!(page.text.contains("ci of &#60;b&#62;acme&#60;/b&#62;"), "{}", page.text);
    let token_form = page.hidden("form_token").to_owned();
    let path = format!("{TOKENS}/{}/revoke", ids(&page)[0]);
    let page = browser.post(&path, &[("form_token", &token_form)]).await;

    assert_eq!((page.status, page.location()), (303, TOKENS));
    assert_eq!(gateway.account(&token).await.0, 401);
    assert_eq!(gateway.tokens_of(&user).await, 0);
    assert_eq!(browser.post(&path, &[("form_token", &token_form)]).await.status, 404);
}

#[actix_web::test]
async fn tokens_of_others_are_not_there() {
    let gateway = TestGateway::start();
    let user = gateway.has_user("jdoe").await;
    gateway.has_user("other").await;
    let (mut browser, mut other) = (gateway.browser(), gateway.browser());
    browser.sign_in("jdoe").await;
    other.sign_in("other").await;
    make(&mut browser, &[("description", "mine"), ("rights", "admin"), ("days", "never")]).await;
    let id = ids(&browser.get(TOKENS).await)[0].clone();

    let page = other.get(TOKENS).await;
    assert!(!page.text.contains(&id) && !page.text.contains("mine"), "{}", page.text);
    let form_token = page.hidden("form_token").to_owned();
    let hidden = other.post(&format!("{TOKENS}/{id}/revoke"), &[("form_token", &form_token)]).await;
    let missing = other.post(&format!("{TOKENS}/at-1111111111111111/revoke"), &[("form_token", &form_token)]).await;

    assert_eq!((hidden.status, hidden.text), (404, missing.text));
    assert_eq!(gateway.tokens_of(&user).await, 1);
    for id in ["x", "at-", "user-1111111111111111", "at-%00", "at-%C3%A9"] {
        let page = other.post(&format!("{TOKENS}/{id}/revoke"), &[("form_token", &form_token)]).await;
        assert_eq!(page.status, 404, "{id}");
    }
}

#[actix_web::test]
async fn a_wrong_form_says_what_is_wrong_and_makes_nothing() {
    let gateway = TestGateway::start();
    let user = gateway.has_user("jdoe").await;
    let mut browser = gateway.browser();
    browser.sign_in("jdoe").await;
    let long = "é".repeat(201);
    for (description, rights, days) in [
        ("", "read", "30"),
        ("   ", "read", "30"),
        (&*long, "read", "30"),
        ("a\r\nb", "read", "30"),
        ("ci", "", "30"),
        ("ci", "root", "30"),
        ("ci", "read", ""),
        ("ci", "read", "-1"),
        ("ci", "read", "99999999999999999999"),
    ] {
        let page = make(&mut browser, &[("description", description), ("rights", rights), ("days", days)]).await;
        assert_eq!(page.status, 422, "{description} {rights} {days}");
        assert!(page.text.contains("role=\"alert\">Please "), "{}", page.text);
    }
    let token = browser.form_token().await;
    let nul = [("form_token", token.as_str()), ("description", "a\0b"), ("rights", "read"), ("days", "30")];
    assert_eq!(browser.post(TOKENS, &nul).await.status, 400);
    let large = "a".repeat(20_000);
    let fields = [("form_token", token.as_str()), ("description", &large), ("rights", "read"), ("days", "30")];
    assert_eq!(browser.post(TOKENS, &fields).await.status, 413);
    assert_eq!(gateway.tokens_of(&user).await, 0);
}
