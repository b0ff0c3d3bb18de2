//! The tokens that a GitHub App mints: what they are used for, and for how long.

use std::time::Duration;

use serde_json::json;
use vcs_hosts::Credentials;
use vcs_hosts::api::Registered;
use wiremock::ResponseTemplate;

use crate::fake_app::{self, INSTALLATION, PRIVATE_KEY, answers_token, minted};
use crate::fake_host::{FakeHost, HOOK, HOOK_URL, harmless, identifier, refusal};

async fn password(host: &FakeHost, repository: &str) -> String {
    host.api.credentials(&host.access(), &identifier(repository)).await.unwrap().unwrap().password
}

#[tokio::test]
async fn one_token_serves_for_the_repository_its_webhooks_and_its_commits() {
    let (host, case) = (fake_app::start_installed().await, fake_app::case());
    let id = identifier(case.identifier);
    case.knows_repository(&host).await;
    host.answers("GET", case.commits, 200, &case.commits_answer).await;
    host.answers("GET", case.hooks, 200, &json!([])).await;
    host.answers("POST", case.hooks, 201, &(case.hook)(HOOK_URL)).await;
    host.responds("DELETE", &case.hook_place(), ResponseTemplate::new(204)).await;

    let access = host.access();
    assert_eq!(host.api.find_repository(&access, &id).await.unwrap(), Some(case.facts));
    assert_eq!(host.api.list_commits(&access, &id, Some("a/b"), 30).await.unwrap(), Some(vec![case.commit]));
    let registered = host.api.register_webhook(&access, &id, &HOOK).await.unwrap();
    assert_eq!(registered, Registered::Made { hook_id: case.hook_id.to_owned() });
    assert_eq!(host.api.find_webhook(&access, &id, HOOK_URL).await.unwrap(), None);
    host.api.remove_webhook(&access, &id, case.hook_id).await.unwrap();

    assert_eq!(minted(&host).await, 1);
    let requests = host.requests().await;
    assert_eq!(requests.len(), 2 + 6);
    for request in &requests[2..] {
        assert_eq!(request.headers["authorization"], case.authorization);
    }
    assert_eq!(host.bodies().await[1], case.hook_body);
}

#[tokio::test]
async fn tasks_that_need_the_same_token_at_the_same_time_ask_once() {
    let host = fake_app::start().await;
    let slow = Duration::from_millis(200);
    let found = ResponseTemplate::new(200).set_body_json(json!({"id": 42})).set_delay(slow);
    host.responds("GET", INSTALLATION, found).await;
    fake_app::mints(&host, 3600).await;

    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (api, url) = (host.api.clone(), host.api_url.clone());
            tokio::spawn(async move {
                let access = vcs_hosts::api::Access {
                    kind: vcs_hosts::HostKind::GithubApp,
                    http_url: &url,
                    api_url: &url,
                    key: Some(fake_app::APP_ID),
                    token: Some(PRIVATE_KEY),
                };
                api.credentials(&access, &identifier("acme/terraform-aws-vpc")).await.unwrap().unwrap().password
            })
        })
        .collect();

    for task in tasks {
        assert_eq!(task.await.unwrap(), "ghs_minted-1");
    }
    assert_eq!(host.asked().await.len(), 2);
}

#[tokio::test]
async fn every_repository_every_app_and_every_private_key_has_tokens_of_its_own() {
    let mut host = fake_app::start_installed().await;
    host.answers("GET", "/api/v3/repos/acme/other/installation", 200, &json!({"id": 42})).await;

    assert_eq!(password(&host, "acme/terraform-aws-vpc").await, "ghs_minted-1");
    assert_eq!(password(&host, "acme/other").await, "ghs_minted-2");
    host.key = Some("67890");
    assert_eq!(password(&host, "acme/other").await, "ghs_minted-3");
    host.token = Some(include_str!("../test_only_keys/other_rsa_2048.pem"));
    assert_eq!(password(&host, "acme/other").await, "ghs_minted-4");
    (host.key, host.token) = (Some(fake_app::APP_ID), Some(PRIVATE_KEY));
    assert_eq!(password(&host, "acme/terraform-aws-vpc").await, "ghs_minted-1");
}

#[tokio::test]
async fn a_token_is_used_until_five_minutes_before_its_end() {
    for (seconds, second) in [(270, "ghs_minted-2"), (330, "ghs_minted-1")] {
        let host = fake_app::start().await;
        fake_app::is_installed(&host).await;
        fake_app::mints(&host, seconds).await;

        assert_eq!(password(&host, "acme/terraform-aws-vpc").await, "ghs_minted-1");
        assert_eq!(password(&host, "acme/terraform-aws-vpc").await, second);
    }
}

#[tokio::test]
async fn a_kept_token_that_is_taken_no_longer_is_minted_anew() {
    for status in [401, 403] {
        let (host, case) = (fake_app::start_installed().await, fake_app::case());
        answers_token(&host, (case.repository, 1), status, &json!({"message": "Bad credentials"})).await;
        answers_token(&host, (case.repository, 2), 200, &case.repository_answer).await;
        let id = identifier(case.identifier);
        password(&host, case.identifier).await;

        let found = host.api.find_repository(&host.access(), &id).await.unwrap();

        assert_eq!(found.as_ref(), Some(&case.facts), "{status}");
        assert_eq!(minted(&host).await, 2);
        assert_eq!(password(&host, case.identifier).await, "ghs_minted-2");
    }
}

#[tokio::test]
async fn what_was_sent_is_sent_again_with_the_new_token() {
    let (host, case) = (fake_app::start_installed().await, fake_app::case());
    password(&host, case.identifier).await;
    host.answers("GET", case.hooks, 200, &json!([])).await;
    answers_token(&host, (case.hooks, 1), 401, &json!({})).await;
    answers_token(&host, (case.hooks, 2), 201, &(case.hook)(HOOK_URL)).await;

    let registered = host.api.register_webhook(&host.access(), &identifier(case.identifier), &HOOK).await.unwrap();

    assert_eq!(registered, Registered::Made { hook_id: case.hook_id.to_owned() });
    assert_eq!(host.bodies().await.iter().filter(|body| **body == case.hook_body).count(), 2);
}

#[tokio::test]
async fn a_new_token_that_is_not_taken_is_the_end_of_it() {
    let (host, case) = (fake_app::start_installed().await, fake_app::case());
    host.answers("GET", case.repository, 401, &json!({})).await;

    for minted_in_all in [1, 2] {
        let refusal = refusal(host.api.find_repository(&host.access(), &identifier(case.identifier)).await);
        assert!(refusal.ends_with("does not accept the token"), "{refusal}");
        assert_eq!(minted(&host).await, minted_in_all);
    }
}

#[tokio::test]
async fn a_token_that_git_could_not_use_can_be_forgotten() {
    let host = fake_app::start_installed().await;
    assert_eq!(password(&host, "acme/terraform-aws-vpc").await, "ghs_minted-1");

    host.api.forget_credentials(&host.access(), &identifier("acme/terraform-aws-vpc"));

    assert_eq!(password(&host, "acme/terraform-aws-vpc").await, "ghs_minted-2");
}

#[tokio::test]
async fn an_app_without_the_right_to_webhooks_is_a_reason_to_make_them_by_hand() {
    let (host, case) = (fake_app::start_installed().await, fake_app::case());
    host.answers("GET", case.hooks, 403, &json!({"message": "Resource not accessible by integration"})).await;

    let registered = host.api.register_webhook(&host.access(), &identifier(case.identifier), &HOOK).await.unwrap();

    let Registered::Manual { reason } = registered else { panic!("{registered:?}") };
    assert!(harmless(reason).contains("it needs the permission Webhooks: write of the App"));
}

#[tokio::test]
async fn without_key_and_private_key_nothing_is_minted() {
    let (mut host, case) = (fake_app::start_installed().await, fake_app::case());
    (host.key, host.token) = (None, Some(""));
    case.knows_repository(&host).await;
    let id = identifier(case.identifier);

    host.api.check(&host.access()).await.unwrap();
    assert_eq!(host.api.credentials(&host.access(), &id).await.unwrap(), None);
    assert!(host.api.find_repository(&host.access(), &id).await.unwrap().is_some());

    assert_eq!(host.asked().await, [format!("GET {}", case.repository)]);
    assert!(!host.requests().await[0].headers.contains_key("authorization"));
}

#[tokio::test]
async fn other_kinds_clone_with_the_token_of_the_connection_and_ask_nobody() {
    let mut host = crate::github::case().start().await;
    host.key = Some("jdoe");

    let made = host.api.credentials(&host.access(), &identifier("acme/vpc")).await.unwrap();
    host.api.forget_credentials(&host.access(), &identifier("acme/vpc"));

    assert_eq!(made, Credentials::new(host.kind, host.key, host.token).unwrap());
    assert_eq!(host.asked().await, Vec::<String>::new());
}
