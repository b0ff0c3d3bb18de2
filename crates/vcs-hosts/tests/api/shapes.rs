//! Answers in another form than the hosts document.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::case::{Case, SHA};
use crate::fake_host::{HOOK, HOOK_URL, identifier, refusal};

#[tokio::test]
async fn a_member_of_the_wrong_type_is_named() {
    for (case, body, expected) in [
        (crate::github::case(), json!({"id": {}}), "id must be a whole number or a text"),
        (crate::github::case(), json!({"id": null}), "id must be there"),
        (crate::github::case(), json!({"id": 1, "description": 5}), "description must be a text"),
        (crate::gitlab::case(), json!({"id": 1, "default_branch": ["main"]}), "default_branch must be a text"),
        (crate::bitbucket_cloud::case(), json!({"uuid": true}), "uuid must be"),
        (crate::bitbucket_cloud::case(), json!({"uuid": "{1}", "links": []}), "links must be an object"),
        (crate::bitbucket_server::case(), json!({}), "id must be there"),
        (crate::azure::case(), json!({"id": "1", "project": 3}), "project must be an object"),
    ] {
        let host = case.start().await;
        host.answers("GET", case.repository, 200, &body).await;

        let refusal = refusal(host.api.find_repository(&host.access(), &identifier(case.identifier)).await);

        assert!(refusal.contains(&format!(": {expected}")), "{body}: {refusal}");
    }
}

#[tokio::test]
async fn what_is_not_json_is_never_repeated() {
    for case in Case::all() {
        for body in ["<html>Welcome</html>", "", "[]", "\"text\"", "{\"id\": "] {
            let host = case.start().await;
            let page = ResponseTemplate::new(200).set_body_raw(body, "text/html");
            host.responds("GET", case.repository, page).await;

            let refusal = refusal(host.api.find_repository(&host.access(), &identifier(case.identifier)).await);

            assert!(refusal.contains("answered in an unexpected form, perhaps api-url is wrong"), "{refusal}");
        }
    }
}

#[tokio::test]
async fn lists_are_read_as_carefully() {
    let case = crate::github::case();
    for (commits, expected) in [
        (json!({}), "must be a list of objects"),
        (json!([1]), "must be a list of objects"),
        (json!([{}]), "[].sha must be there"),
        (json!([{"sha": "main"}]), "[].sha must be the id of a commit"),
        (
            json!([{"sha": SHA, "commit": {"committer": {"date": "yesterday"}}}]),
            "[].commit.committer.date must be a time",
        ),
    ] {
        let host = case.start().await;
        host.answers("GET", case.commits, 200, &commits).await;

        let refusal = refusal(host.api.list_commits(&host.access(), &identifier(case.identifier), None, 9).await);

        assert!(refusal.contains(expected), "{refusal}");
    }
}

#[tokio::test]
async fn a_list_of_webhooks_that_cannot_be_read_is_an_error() {
    for case in Case::all() {
        for list in [json!({}), json!(5), json!([{"id": {}}]), (case.list)(vec![json!({})])] {
            let host = case.start().await;
            case.knows_repository(&host).await;
            host.answers("GET", case.hooks, 200, &list).await;

            let result = host.api.register_webhook(&host.access(), &identifier(case.identifier), &HOOK).await;

            assert!(refusal(result).contains("unexpected form"));
        }
    }
}

#[tokio::test]
async fn a_webhook_without_an_id_is_an_error() {
    for case in Case::all() {
        let host = case.start().await;
        case.knows_repository(&host).await;
        host.answers("GET", case.hooks, 200, &(case.list)(vec![])).await;
        host.answers("POST", case.hooks, 201, &json!({"url": HOOK_URL})).await;

        let result = host.api.register_webhook(&host.access(), &identifier(case.identifier), &HOOK).await;

        assert!(refusal(result).contains(" must be there"));
    }
}

#[tokio::test]
async fn hostile_texts_are_made_harmless() {
    let case = crate::gitlab::case();
    let host = case.start().await;
    let long = "é".repeat(5000);
    let body: Value = json!({
        "id": 1, "description": format!("  a\u{0}b\u{1b}[31m\n{long}"), "web_url": "javascript:alert(1)"
    });
    host.answers("GET", case.repository, 200, &body).await;

    let facts = host.api.find_repository(&host.access(), &identifier(case.identifier)).await.unwrap().unwrap();

    assert!(facts.description.starts_with("ab[31m\né") && facts.description.len() <= 4096);
    assert_eq!(facts.web_url, format!("{}/acme/infra/terraform-aws-vpc", host.server.uri()));
    assert_eq!(facts.default_branch, None);
}
