//! Signing in at an OpenID Connect provider, and what of it is not believed.

use domain::Rights;
use serde_json::{Value, json};
use service_kit::{OpenIdSettings, SignInSettings};
use store::{memberships, users};

use crate::{
    browser::{Browser, Page, TOKENS},
    fake_provider::{CLIENT_ID, CLIENT_SECRET, FakeProvider},
    test_gateway::{PASSWORD, PUBLIC_URL, TestGateway},
};

const CALLBACK: &str = "/app/sign-in/openid/callback";
const COOKIE: &str = "__Host-quarry_openid";

fn gateway_for(provider: &FakeProvider, default_rights: Option<Rights>) -> TestGateway {
    let provider = OpenIdSettings {
        issuer: provider.issuer.clone(),
        client_id: CLIENT_ID.to_owned(),
        client_secret: Some(CLIENT_SECRET.to_owned().into()),
        scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
        username_claim: "preferred_username".to_owned(),
        default_rights,
    };
    TestGateway::start_with(PUBLIC_URL, SignInSettings { login_token_life: None, openid: Some(provider) })
}

async fn begin(browser: &mut Browser<'_>) -> String {
    let page = browser.get("/app/sign-in/openid?next=%2Fapp%2Fsettings%2Ftokens%3Fsource%3Dx").await;
    assert_eq!(page.status, 303, "{}", page.text);
    page.location().to_owned()
}

async fn sign_in(browser: &mut Browser<'_>, provider: &FakeProvider) -> Page {
    let address = begin(browser).await;
    browser.get(&format!("{CALLBACK}?{}", provider.authorize(&address))).await
}

async fn assert_refused(browser: &mut Browser<'_>, page: &Page, status: u16) {
    assert_eq!((page.status, page.location()), (status, ""), "{}", page.text);
    assert!(!browser.cookies.contains_key("__Host-quarry_session"), "{}", page.text);
    assert!(!browser.cookies.contains_key(COOKIE), "what was begun is over");
    assert!(!browser.is_signed_in().await);
}

#[actix_web::test]
async fn somebody_signs_in_and_is_the_same_user_each_time() {
    let provider = FakeProvider::start();
    let gateway = gateway_for(&provider, None);
    let mut browser = gateway.browser();
    let page = browser.get("/app/sign-in?next=%2Foauth%2Fauthorization%3Fx").await;
    assert!(page.text.contains("href=\"/app/sign-in/openid?next=%2Foauth%2Fauthorization%3Fx\""), "{}", page.text);

    let page = sign_in(&mut browser, &provider).await;
    assert_eq!((page.status, page.location()), (303, "/app/settings/tokens?source=x"), "{}", page.text);
    assert!(browser.get(TOKENS).await.text.contains("jane"));
    // Called differently at the provider by now, and still the same.
    provider.says(json!({"sub": "248289761001", "preferred_username": "jane.smith"}));
    let mut another = gateway.browser();
    assert_eq!(sign_in(&mut another, &provider).await.status, 303);

    assert!(another.get(TOKENS).await.text.contains("jane"));
    let (people, total) = gateway.store.read(|session| users::list(session, "", (0, 10))).await.unwrap();
    assert_eq!((total, people[0].username.as_str(), people[0].email.as_str()), (1, "jane", "jane@acme.test"));
    let id = people[0].id.clone();
    let grants = gateway.store.read(move |session| memberships::grants_of(session, &id)).await.unwrap();
    assert_eq!(grants, domain::Grants::default(), "until an owner grants something");
    assert_eq!(provider.discoveries(), 1, "what it says of itself is kept");
    // Such a user has no password.
    assert_eq!(gateway.browser().sign_in_with("jane", "", TOKENS).await.status, 403);
}

#[actix_web::test]
async fn operators_may_let_everybody_read() {
    let provider = FakeProvider::start();
    let gateway = gateway_for(&provider, Some(Rights::Read));
    assert_eq!(sign_in(&mut gateway.browser(), &provider).await.status, 303);
    let grants = gateway.store.read(|session| {
        let user = users::find_by_name(session, "jane")?.unwrap();
        memberships::grants_of(session, &user.id)
    });
    assert_eq!(grants.await.unwrap(), domain::Grants::everywhere(Rights::Read));
}

#[actix_web::test]
async fn a_token_that_is_not_right_in_everything_is_not_believed() {
    type Wrong = fn(&mut Value, &mut Value);
    let wrongs: [(&str, Wrong); 14] = [
        ("nonce", |_, claims| claims["nonce"] = json!("another")),
        ("no nonce", |_, claims| drop(claims.as_object_mut().unwrap().remove("nonce"))),
        ("audience", |_, claims| claims["aud"] = json!("another-client")),
        ("audiences", |_, claims| claims["aud"] = json!([CLIENT_ID, "another-client"])),
        ("no audience", |_, claims| claims["aud"] = json!([])),
        ("authorized party", |_, claims| claims["azp"] = json!("another-client")),
        ("issuer", |_, claims| claims["iss"] = json!("https://evil.test")),
        ("a slash more", |_, claims| claims["iss"] = json!(format!("{}/", claims["iss"].as_str().unwrap()))),
        ("expired", |_, claims| claims["exp"] = json!(claims["iat"].as_u64().unwrap() - 1)),
        ("no expiry", |_, claims| drop(claims.as_object_mut().unwrap().remove("exp"))),
        ("no signature", |head, _| head["alg"] = json!("none")),
        ("a signature of the client", |head, _| head["alg"] = json!("HS256")),
        ("another algorithm", |head, _| head["alg"] = json!("RS256")),
        ("an unknown key", |head, _| head["kid"] = json!("third")),
    ];
    for (what, wrong) in wrongs {
        let provider = FakeProvider::start();
        let gateway = gateway_for(&provider, None);
        provider.is_wrong(wrong);
        let mut browser = gateway.browser();
        let page = sign_in(&mut browser, &provider).await;
        assert_eq!(page.status, 403, "{what}");
        assert_refused(&mut browser, &page, 403).await;
        let (_, total) = gateway.store.read(|session| users::list(session, "", (0, 10))).await.unwrap();
        assert_eq!(total, 0, "{what}");
        provider.stop().await;
    }
}

#[actix_web::test]
async fn a_token_signed_by_somebody_else_is_not_believed() {
    let provider = FakeProvider::start();
    let gateway = gateway_for(&provider, None);
    provider.has_lost_its_key();
    let mut browser = gateway.browser();
    let page = sign_in(&mut browser, &provider).await;
    assert_refused(&mut browser, &page, 403).await;
}

#[actix_web::test]
async fn a_provider_may_change_its_keys() {
    let provider = FakeProvider::start();
    let gateway = gateway_for(&provider, None);
    assert_eq!(sign_in(&mut gateway.browser(), &provider).await.status, 303);
    provider.has_a_new_key();
    let page = sign_in(&mut gateway.browser(), &provider).await;
    assert_eq!((page.status, provider.discoveries()), (303, 2), "{}", page.text);
    // However many tokens name a key that is not there, it is not asked each time.
    provider.is_wrong(|head, _| head["kid"] = json!("third"));
    for _ in 0..3 {
        assert_eq!(sign_in(&mut gateway.browser(), &provider).await.status, 403);
    }
    assert_eq!(provider.discoveries(), 2);
}

#[actix_web::test]
async fn a_sign_in_comes_back_to_the_browser_that_began_it_with_its_state_once() {
    let provider = FakeProvider::start();
    let gateway = gateway_for(&provider, None);
    let mut thief = gateway.browser();
    let address = begin(&mut thief).await;
    let query = provider.authorize(&address);

    // What somebody else began.
    let mut browser = gateway.browser();
    let page = browser.get(&format!("{CALLBACK}?{query}")).await;
    assert_refused(&mut browser, &page, 400).await;
    begin(&mut browser).await;
    let page = browser.get(&format!("{CALLBACK}?{query}")).await;
    assert_refused(&mut browser, &page, 400).await;
    // Without state, with two, with an altered cookie.
    for wrong in ["code=code-0".to_owned(), format!("{query}&state=x"), "code=code-0&state=".to_owned(), String::new()]
    {
        begin(&mut browser).await;
        let page = browser.get(&format!("{CALLBACK}?{wrong}")).await;
        assert_refused(&mut browser, &page, 400).await;
    }
    begin(&mut browser).await;
    browser.cookies.insert(COOKIE.to_owned(), "v1.k0.AAAA".to_owned());
    let page = browser.get(&format!("{CALLBACK}?{query}")).await;
    assert_refused(&mut browser, &page, 400).await;

    // The one that began it is let in, and the same address does not work a second time.
    let mut again = thief.clone();
    let page = thief.get(&format!("{CALLBACK}?{query}")).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let page = thief.get(&format!("{CALLBACK}?{query}")).await;
    assert_eq!(page.status, 400);
    let page = again.get(&format!("{CALLBACK}?{query}")).await;
    assert_refused(&mut again, &page, 403).await;
}

#[actix_web::test]
async fn a_refusal_of_the_provider_is_shown_without_its_words() {
    let provider = FakeProvider::start();
    let gateway = gateway_for(&provider, None);
    let mut browser = gateway.browser();
    let address = begin(&mut browser).await;
    let state = provider.authorize(&address).split_once('&').unwrap().1.to_owned();
    let query = format!("{state}&error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E");
    let page = browser.get(&format!("{CALLBACK}?{query}")).await;
    assert!(!page.text.contains("alert"), "{}", page.text);
    assert_refused(&mut browser, &page, 403).await;
}

#[actix_web::test]
async fn the_name_of_somebody_else_is_not_taken_over() {
    let provider = FakeProvider::start();
    let gateway = gateway_for(&provider, None);
    gateway.has_user("Jane").await;
    let mut browser = gateway.browser();
    let page = sign_in(&mut browser, &provider).await;
    assert!(page.text.contains("another user of this registry is called so already"), "{}", page.text);
    assert_refused(&mut browser, &page, 403).await;
    // Neither is that of somebody who came from the provider, by another person there.
    provider.says(json!({"sub": "1", "preferred_username": "joe"}));
    assert_eq!(sign_in(&mut gateway.browser(), &provider).await.status, 303);
    provider.says(json!({"sub": "2", "preferred_username": "joe"}));
    assert_eq!(sign_in(&mut browser, &provider).await.status, 403);
    for name in [json!("api-org-acme"), json!("<b>"), json!(""), Value::Null, json!("a".repeat(65))] {
        provider.says(json!({"sub": "3", "preferred_username": name}));
        let page = sign_in(&mut browser, &provider).await;
        assert!(page.text.contains("cannot be a user name here") && !page.text.contains("<b>"), "{}", page.text);
        assert_refused(&mut browser, &page, 403).await;
    }
}

#[actix_web::test]
async fn claims_of_a_wrong_type_are_not_believed() {
    let provider = FakeProvider::start();
    let gateway = gateway_for(&provider, None);
    for claims in [
        json!({"sub": "1", "preferred_username": 7}),
        json!({"sub": 1, "preferred_username": "jane"}),
        json!({"preferred_username": "jane"}),
        json!({"sub": "1", "preferred_username": ["jane"]}),
        json!({"sub": "1", "preferred_username": "jane", "exp": "soon"}),
    ] {
        provider.says(claims);
        let mut browser = gateway.browser();
        let page = sign_in(&mut browser, &provider).await;
        assert_refused(&mut browser, &page, 403).await;
    }
}

#[actix_web::test]
async fn who_was_shut_out_stays_outside() {
    let provider = FakeProvider::start();
    let gateway = gateway_for(&provider, None);
    assert_eq!(sign_in(&mut gateway.browser(), &provider).await.status, 303);
    let user = gateway.store.read(|session| users::find_by_name(session, "jane")).await.unwrap().unwrap();
    gateway.disable(&user.id).await;
    let mut browser = gateway.browser();
    let page = sign_in(&mut browser, &provider).await;
    assert!(page.text.contains("disabled"), "{}", page.text);
    assert_refused(&mut browser, &page, 403).await;
}

#[actix_web::test]
async fn a_provider_that_is_down_stops_nobody_else() {
    let provider = FakeProvider::start();
    let gateway = gateway_for(&provider, None);
    gateway.has_user("jdoe").await;
    let mut browser = gateway.browser();
    let address = begin(&mut browser).await;
    let query = provider.authorize(&address);
    provider.stop().await;

    // In the middle of a sign-in, and before one whose gateway knows nothing yet.
    let page = browser.get(&format!("{CALLBACK}?{query}")).await;
    assert_refused(&mut browser, &page, 503).await;
    let fresh = gateway_for(&provider, None);
    fresh.has_user("jdoe").await;
    for _ in 0..2 {
        let page = fresh.browser().get("/app/sign-in/openid").await;
        assert_eq!(page.status, 503);
        assert!(page.text.contains("does not answer"), "{}", page.text);
    }
    for gateway in [&gateway, &fresh] {
        gateway.browser().sign_in_with("jdoe", PASSWORD, TOKENS).await;
        gateway.browser().sign_in("jdoe").await;
    }
}
