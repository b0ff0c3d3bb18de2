//! `/api/v2/organizations/{org}/oauth-clients`, `/api/v2/oauth-clients/{id}`

use serde_json::{Value, json};
use store::connections::secret_binding;

use crate::test_gateway::{TestGateway, attributes};

const ALL: &str = "/organizations/acme/oauth-clients";
const TOKEN: &str = "glpat-very-secret";

fn with_token() -> Value {
    attributes(json!({
        "name": "company git", "service-provider": "git", "http-url": "https://Git.acme.test/", "api-url": "",
        "key": "ci-bot", "oauth-token-string": TOKEN, "secret": "", "private-key": "", "organization-scoped": true,
    }))
}

#[actix_web::test]
async fn a_connection_has_exactly_one_token_and_shows_no_secret() {
    let gateway = TestGateway::start().await;

    let made = gateway.post(ALL, &gateway.admin, with_token()).await;

    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.id();
    assert!(id.starts_with("oc-"));
    assert_eq!(
        made.body["data"]["relationships"],
        json!({
            "organization": {"data": {"id": "acme", "type": "organizations"}},
            "projects": {"data": []},
            "oauth-tokens": {"data": [{"id": id.replace("oc-", "ot-"), "type": "oauth-tokens"}]},
            "agent-pool": {"data": null},
        })
    );
    assert_eq!(made.attribute("name"), "company git");
    assert_eq!(made.attribute("service-provider"), "git");
    assert_eq!(made.attribute("service-provider-display-name"), "Git");
    assert_eq!(made.attribute("http-url"), "https://Git.acme.test/");
    assert_eq!(made.attribute("api-url"), "https://Git.acme.test/");
    assert_eq!(made.attribute("key"), "ci-bot");
    assert_eq!(made.attribute("organization-scoped"), true);
    let one = gateway.get(&format!("/oauth-clients/{id}?include=oauth_tokens"), &gateway.admin).await;
    let all = gateway.get(&format!("{ALL}?include=oauth_tokens,projects"), &gateway.admin).await;
    assert_eq!(one.body["data"], made.body["data"]);
    assert_eq!(all.body["data"], json!([made.body["data"]]));
    assert_eq!(one.body["included"][0]["relationships"]["oauth-client"]["data"]["id"], json!(id));
    assert_eq!(one.body["included"], all.body["included"]);
    for answer in [made, one, all] {
        assert!(!answer.text.contains(TOKEN) && !answer.text.contains("secret"), "{}", answer.text);
    }
}

#[actix_web::test]
async fn the_secret_is_sealed_and_bound_to_its_row() {
    let gateway = TestGateway::start().await;
    let id = gateway.post(ALL, &gateway.admin, with_token()).await.id().parse().unwrap();

    let row = gateway.store.read(move |session| store::connections::load(session, &id)).await.unwrap();

    let sealed = row.secret_sealed.unwrap();
    assert!(!sealed.contains(TOKEN));
    assert_eq!(gateway.seal_keys.open_text(&sealed, &secret_binding(&row.id)).unwrap().reveal(), TOKEN);
    assert!(gateway.seal_keys.open(&sealed, "connections|oc-1|secret_sealed").is_err());
}

#[actix_web::test]
async fn a_server_without_logins_needs_no_token() {
    let gateway = TestGateway::start().await;
    let body = attributes(json!({
        "name": "", "key": "", "service-provider": "git", "http-url": "http://127.0.0.1:9000/git", "oauth-token-string": "",
    }));

    let made = gateway.post(ALL, &gateway.admin, body).await;

    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.attribute("name"), &json!(null));
    assert_eq!(made.attribute("key"), &json!(null));
    assert_eq!(made.body["data"]["relationships"]["oauth-tokens"]["data"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn what_is_wrong_with_a_connection_is_pointed_at() {
    let gateway = TestGateway::start().await;
    let base = json!({"service-provider": "git", "http-url": "https://git.acme.test"});
    for (change, pointer, text) in [
        (json!({"service-provider": null}), "service-provider", "must be given"),
        (json!({"service-provider": "cvs"}), "service-provider", "must be one of git"),
        (json!({"service-provider": true}), "service-provider", "must be a string"),
        (json!({"http-url": ""}), "http-url", "must be given"),
        (json!({"http-url": "git.acme.test"}), "http-url", "must be an address"),
        (json!({"http-url": "ftp://git.acme.test"}), "http-url", "must begin with"),
        (json!({"http-url": "https://u:hunter2@git.acme.test"}), "http-url", "must not hold a user"),
        (json!({"api-url": "nowhere"}), "api-url", "api-url must be an address"),
        (json!({"key": "u"}), "oauth-token-string", "must be given with a key"),
        (json!({"key": "u:v", "oauth-token-string": TOKEN}), "key", "must be a user name"),
        (json!({"oauth-token-string": "glpat-very-secret\n"}), "oauth-token-string", "control characters"),
        (json!({"oauth-token-string": 5}), "oauth-token-string", "must be a string"),
        (json!({"organization-scoped": "true"}), "organization-scoped", "must be true or false"),
        (json!({"name": {}}), "name", "must be a string"),
        (json!({"private-key": "-----BEGIN"}), "private-key", "begins with ssh://"),
    ] {
        let mut wanted = base.clone();
        wanted.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = gateway.post(ALL, &gateway.admin, attributes(wanted)).await;
        assert_eq!(
            (answer.status, answer.error().0),
            (422, format!("/data/attributes/{pointer}").as_str()),
            "{change}"
        );
        assert!(answer.error().1.contains(text), "{change}: {}", answer.text);
        assert!(!answer.text.contains(TOKEN) && !answer.text.contains("hunter2"), "{}", answer.text);
    }
    assert_eq!(gateway.get(ALL, &gateway.admin).await.body["data"], json!([]));
}

#[actix_web::test]
async fn without_a_page_everything_is_listed() {
    let gateway = TestGateway::start().await;
    for _ in 0..23 {
        gateway.has_connection("acme").await;
    }

    let all = gateway.get(ALL, &gateway.admin).await;
    let page = gateway.get(&format!("{ALL}?page[number]=2"), &gateway.admin).await;

    assert_eq!(all.body["data"].as_array().unwrap().len(), 23);
    assert_eq!(all.body["meta"]["pagination"]["total-pages"], 1);
    assert_eq!(page.body["data"].as_array().unwrap().len(), 3);
    assert_eq!(page.body["meta"]["pagination"]["total-pages"], 2);
}
