//! `/api/v2/oauth-tokens/{id}`, `/api/v2/organizations/{org}/oauth-tokens`, `/api/v2/oauth-clients/{id}/oauth-tokens`, and
//! GitHub Apps, which there are none of.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::test_gateway::{TestGateway, attributes};

const ALL: &str = "/organizations/acme/oauth-tokens";

/// The ids of both faces of a connection with a token.
async fn has_connection(gateway: &TestGateway) -> (String, String) {
    let body = attributes(json!({
        "service-provider": "git", "http-url": "https://git.acme.test", "key": "ci-bot", "oauth-token-string": "glpat-1",
    }));
    let client = gateway.post("/organizations/acme/oauth-clients", &gateway.admin, body).await.id();
    let token = client.replace("oc-", "ot-");
    (client, token)
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn a_token_is_shown_alone_and_in_lists_without_what_it_holds() {
    let gateway = TestGateway::start().await;
    let (client, token) = has_connection(&gateway).await;
    gateway.has_connection("other").await;

    let one = gateway.get(&format!("/oauth-tokens/{token}"), &gateway.admin).await;
    let all = gateway.get(ALL, &gateway.admin).await;
    let of_client = gateway.get(&format!("/oauth-clients/{client}/oauth-tokens"), &gateway.admin).await;

    assert_eq!(one.status, 200);
    assert_eq!(one.id(), token);
    assert_eq!(one.body["data"]["type"], "oauth-tokens");
    assert_eq!(one.attribute("uid"), "");
    assert_eq!(one.attribute("has-ssh-key"), false);
    assert_eq!(one.attribute("service-provider-user"), "ci-bot");
    assert!(one.attribute("created-at").as_str().unwrap().ends_with('Z'));
    let related = &one.body["data"]["relationships"]["oauth-client"]["data"];
    assert_eq!(related, &json!({"id": client, "type": "oauth-clients"}));
    assert_eq!(all.body["data"], json!([one.body["data"]]));
    assert_eq!(of_client.body["data"], all.body["data"]);
    assert_eq!(all.body["meta"]["pagination"]["total-count"], 1);
    for answer in [one, all, of_client] {
        assert!(!answer.text.contains("glpat"), "{}", answer.text);
    }
}

#[actix_web::test]
async fn lists_are_filtered_and_paged() {
    let gateway = TestGateway::start().await;
    for _ in 0..23 {
        gateway.has_connection("acme").await;
    }
    let count = |answer: crate::test_gateway::Answer| ids(&answer.body).len();

    assert_eq!(count(gateway.get(ALL, &gateway.admin).await), 23);
    assert_eq!(count(gateway.get(&format!("{ALL}?page[number]=2"), &gateway.admin).await), 3);
    assert_eq!(count(gateway.get(&format!("{ALL}?page[number]=9"), &gateway.admin).await), 0);
    assert_eq!(count(gateway.get(&format!("{ALL}?filter%5Bprovider%5D=git"), &gateway.admin).await), 23);
    assert_eq!(count(gateway.get(&format!("{ALL}?filter[provider]=github"), &gateway.admin).await), 0);
    assert_eq!(gateway.get(&format!("{ALL}?include=secrets"), &gateway.admin).await.status, 400);
    assert_eq!(gateway.get("/organizations/nobody/oauth-tokens", &gateway.admin).await.status, 404);
}

#[actix_web::test]
async fn an_ssh_key_is_refused_and_nothing_else_is() {
    let gateway = TestGateway::start().await;
    let (_, token) = has_connection(&gateway).await;
    let path = format!("/oauth-tokens/{token}");
    for key in [json!("-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n"), json!(5), json!({})] {
        let body = Some(attributes(json!({"ssh-key": key})));
        let answer = gateway.send(Method::PATCH, &path, &gateway.admin, body).await;
        assert_eq!((answer.status, answer.error().0), (422, "/data/attributes/ssh-key"), "{}", answer.text);
        assert!(!answer.text.contains("OPENSSH"));
    }
    for key in [json!(null), json!("")] {
        let body = Some(attributes(json!({"ssh-key": key})));
        let answer = gateway.send(Method::PATCH, &path, &gateway.admin, body).await;
        assert_eq!((answer.status, answer.attribute("has-ssh-key")), (200, &json!(false)), "{}", answer.text);
    }
}

#[actix_web::test]
async fn a_connection_without_its_token_waits_for_another_one() {
    let gateway = TestGateway::start().await;
    let (client, token) = has_connection(&gateway).await;
    let repository = json!({"identifier": "p/terraform-aws-vpc", "oauth-token-id": token});
    let new = attributes(json!({"vcs-repo": repository}));
    let module = gateway.post("/registry-modules", &gateway.admin, new.clone()).await.id();

    let deleted = gateway.delete(&format!("/oauth-tokens/{token}"), &gateway.admin).await;

    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    assert_eq!(gateway.delete(&format!("/oauth-tokens/{token}"), &gateway.admin).await.status, 404);
    assert_eq!(gateway.get(&format!("/oauth-tokens/{token}"), &gateway.admin).await.status, 404);
    assert_eq!(ids(&gateway.get(ALL, &gateway.admin).await.body), Vec::<&str>::new());
    assert_eq!(ids(&gateway.get(&format!("/oauth-clients/{client}/oauth-tokens"), &gateway.admin).await.body).len(), 0);
    let left = gateway.get(&format!("/oauth-clients/{client}?include=oauth_tokens"), &gateway.admin).await;
    assert_eq!(left.body["data"]["relationships"]["oauth-tokens"], json!({"data": []}));
    assert_eq!(left.body["included"], json!([]));
    assert_eq!(gateway.post("/registry-modules", &gateway.admin, new).await.status, 404, "its token does not exist");
    let told = gateway.get(&format!("/registry-modules/{module}"), &gateway.admin).await;
    assert_eq!(told.attribute("vcs-repo")["oauth-token-id"], json!(null));
    assert!(told.attribute("error-message").as_str().unwrap().contains("another token"), "{}", told.text);
    let due = |session: &mut store::Connection| store::jobs::list_due(session, domain::JobKind::SyncRepository, 9);
    assert_eq!(gateway.store.read(due).await.unwrap().len(), 0);

    let named = Some(attributes(json!({"name": "renamed"})));
    assert_eq!(
        gateway.send(Method::PATCH, &format!("/oauth-clients/{client}"), &gateway.admin, named).await.status,
        200
    );
    let again = Some(attributes(json!({"oauth-token-string": "glpat-2"})));
    let given = gateway.send(Method::PATCH, &format!("/oauth-clients/{client}"), &gateway.admin, again).await;

    assert_eq!(given.status, 200, "{}", given.text);
    assert_eq!(given.body["data"]["relationships"]["oauth-tokens"]["data"][0]["id"], json!(token));
    assert_eq!(gateway.get(&format!("/oauth-tokens/{token}"), &gateway.admin).await.status, 200);
    assert_eq!(gateway.store.read(due).await.unwrap().len(), 1);
}

#[actix_web::test]
async fn what_only_pages_of_tfe_ask_for_is_not_there() {
    let gateway = TestGateway::start().await;
    let (_, token) = has_connection(&gateway).await;
    for path in ["authorized-repos", "vcs-organizations"] {
        assert_eq!(gateway.get(&format!("/oauth-tokens/{token}/{path}"), &gateway.admin).await.status, 404);
    }
}

#[actix_web::test]
async fn without_github_apps_there_are_no_installations() {
    let gateway = TestGateway::start().await;

    let all = gateway.get("/github-app/installations?filter%5Bname%5D=x", &gateway.admin).await;

    assert_eq!((all.status, &all.body["data"]), (200, &json!([])));
    assert_eq!(gateway.get("/github-app/installation/ghain-1", &gateway.admin).await.status, 404);
    assert_eq!(gateway.get("/github-app/installations", "").await.status, 401);
    assert_eq!(gateway.get("/github-app/installation/ghain-1", "").await.status, 401);
}
