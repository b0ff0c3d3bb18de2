//! What a repository is.

use vcs_hosts::api::RepositoryFacts;

use crate::case::Case;
use crate::fake_host::{FakeHost, identifier, refusal};

fn of_host(facts: &RepositoryFacts, host: &FakeHost) -> RepositoryFacts {
    RepositoryFacts { web_url: facts.web_url.replace("{host}", &host.server.uri()), ..facts.clone() }
}

#[tokio::test]
async fn a_repository_is_found_with_the_token_of_the_connection() {
    for case in Case::all() {
        for kind in case.kinds {
            let host = FakeHost::start(*kind).await;
            case.knows_repository(&host).await;

            let found = host.api.find_repository(&host.access(), &identifier(case.identifier)).await.unwrap();

            assert_eq!(found, Some(of_host(&case.facts, &host)), "{kind}");
            let request = &host.requests().await[0];
            assert_eq!(request.headers["authorization"], case.authorization, "{kind}");
            assert_eq!(request.url.path(), case.repository, "{kind}");
        }
    }
}

#[tokio::test]
async fn a_public_repository_is_found_without_a_token() {
    for case in Case::all() {
        let mut host = case.start().await;
        host.token = None;
        case.knows_repository(&host).await;

        assert!(host.api.find_repository(&host.access(), &identifier(case.identifier)).await.unwrap().is_some());

        assert!(!host.requests().await[0].headers.contains_key("authorization"));
    }
}

#[tokio::test]
async fn what_the_host_does_not_show_is_refused_in_words() {
    for case in Case::all() {
        for (status, expected) in [
            (401, "does not accept the token"),
            (403, "does not allow the token to read the repository"),
            (404, "or the token may not read it"),
            (410, "or the token may not read it"),
            (451, "answered 451 when asked about the repository"),
        ] {
            let host = case.start().await;
            host.answers("GET", case.repository, status, &serde_json::json!({"message": "<b>no</b>"})).await;

            let refusal = refusal(host.api.find_repository(&host.access(), &identifier(case.identifier)).await);

            assert!(refusal.contains(expected), "{status}: {refusal}");
            assert!(refusal.contains(&host.server.address().to_string()), "{refusal}");
            assert!(status == 401 || refusal.contains(case.identifier), "{refusal}");
        }
    }
}

#[tokio::test]
async fn without_a_token_the_words_ask_for_one() {
    let case = crate::github::case();
    for (status, expected) in [(401, "asks for a token"), (403, "without a token"), (404, "without a token")] {
        let mut host = case.start().await;
        host.token = Some("");
        host.answers("GET", case.repository, status, &serde_json::json!({})).await;

        let refusal = refusal(host.api.find_repository(&host.access(), &identifier(case.identifier)).await);

        assert!(refusal.contains(expected), "{refusal}");
    }
}

#[tokio::test]
async fn an_identifier_of_another_form_is_never_asked_for() {
    for case in Case::all() {
        let host = case.start().await;

        let error = host.api.find_repository(&host.access(), &identifier("vpc")).await.unwrap_err();

        assert!(error.to_string().starts_with("identifier must be "), "{error}");
        assert_eq!(host.asked().await, Vec::<String>::new());
    }
}
