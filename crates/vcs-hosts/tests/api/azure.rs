//! Azure DevOps, both services and server.

use serde_json::json;
use vcs_hosts::HostKind;
use vcs_hosts::api::{Commit, RepositoryFacts};
use wiremock::ResponseTemplate;

use crate::case::{Case, SHA};
use crate::fake_host::{HOOK_URL, SECRET, identifier, refusal};

const HOOK_ID: &str = "fd672255-8b6b-4769-9260-beea83d752ce";
const PROJECT_ID: &str = "be9b3917-87e6-42a4-a549-2bc06a7a878f";
const REPOSITORY_ID: &str = "278d5cd2-584d-4b63-824a-2ba458937249";

pub(crate) fn case() -> Case {
    Case {
        kinds: &[HostKind::AdoServices, HostKind::AdoServer],
        identifier: "acme/My Net/_git/terraform-aws-vpc",
        // `:hunter2-token`
        authorization: "Basic Omh1bnRlcjItdG9rZW4=",
        check: None,
        repository: "/acme/My%20Net/_apis/git/repositories/terraform-aws-vpc",
        repository_answer: json!({
            "id": REPOSITORY_ID, "name": "terraform-aws-vpc", "defaultBranch": "refs/heads/main",
            "webUrl": "https://dev.azure.com/acme/My%20Net/_git/terraform-aws-vpc",
            "project": {"id": PROJECT_ID, "name": "My Net", "description": "All networks"}
        }),
        facts: RepositoryFacts {
            remote_id: REPOSITORY_ID.to_owned(),
            description: "All networks".to_owned(),
            web_url: "https://dev.azure.com/acme/My%20Net/_git/terraform-aws-vpc".to_owned(),
            default_branch: Some("main".to_owned()),
        },
        hooks: "/acme/_apis/hooks/subscriptions",
        hooks_query: "?api-version=7.1&publisherId=tfs&eventType=git.push&consumerId=webHooks&consumerActionId=httpRequest",
        hook_query: "?api-version=7.1",
        hook_body: json!({
            "publisherId": "tfs", "eventType": "git.push", "resourceVersion": "1.0", "consumerId": "webHooks",
            "consumerActionId": "httpRequest",
            "publisherInputs": {"projectId": PROJECT_ID, "repository": REPOSITORY_ID},
            "consumerInputs": {
                "url": HOOK_URL, "basicAuthUsername": "registry", "basicAuthPassword": SECRET,
                "resourceDetailsToSend": "all", "messagesToSend": "all", "detailedMessagesToSend": "all"
            }
        }),
        hook_id: HOOK_ID,
        escaped_hook_id: HOOK_ID,
        hook: |url| json!({"id": HOOK_ID, "consumerInputs": {"url": url, "basicAuthPassword": "********"}}),
        list: |hooks| json!({"count": hooks.len(), "value": hooks}),
        renewal: "PUT",
        commits: "/acme/My%20Net/_apis/git/repositories/terraform-aws-vpc/commits",
        commits_query: "?searchCriteria.%24top=30&searchCriteria.itemVersion.version=a%2Fb\
                        &searchCriteria.itemVersion.versionType=branch&api-version=7.0",
        commits_answer: json!({"count": 1, "value": [{
            "commitId": SHA, "comment": "Add endpoints", "commentTruncated": true,
            "author": {"name": "Jane Doe", "email": "jane@acme.test", "date": "2026-03-01T10:00:00Z"},
            "remoteUrl": format!("https://dev.azure.com/acme/My%20Net/_git/terraform-aws-vpc/commit/{SHA}")
        }]}),
        commit: Commit {
            sha: SHA.to_owned(),
            message: "Add endpoints".to_owned(),
            author: "Jane Doe".to_owned(),
            author_url: None,
            avatar_url: None,
            date: Some("2026-03-01T10:00:00Z".to_owned()),
            url: format!("https://dev.azure.com/acme/My%20Net/_git/terraform-aws-vpc/commit/{SHA}"),
        },
    }
}

#[tokio::test]
async fn an_address_that_names_the_organization_is_not_given_it_again() {
    let case = case();
    for identifier_text in ["My Net/terraform-aws-vpc", "acme/My Net/terraform-aws-vpc"] {
        let mut host = case.start().await;
        host.http_url = format!("{}/acme", host.server.uri()).parse().unwrap();
        case.knows_repository(&host).await;

        for api_url in [host.api_url.clone(), host.http_url.clone()] {
            host.api_url = api_url;
            host.api.find_repository(&host.access(), &identifier(identifier_text)).await.unwrap().unwrap();
        }

        assert_eq!(host.asked().await, vec![format!("GET {}?api-version=7.0", case.repository); 2]);
    }
}

#[tokio::test]
async fn a_token_can_be_checked_where_the_organization_is_known() {
    let mut host = case().start().await;
    host.http_url = format!("{}/acme", host.server.uri()).parse().unwrap();
    host.answers("GET", "/acme/_apis/git/repositories", 200, &json!({"value": []})).await;

    host.api.check(&host.access()).await.unwrap();

    assert_eq!(host.requests().await[0].headers["x-tfs-fedauthredirect"], "Suppress");
}

#[tokio::test]
async fn a_page_to_sign_in_at_is_a_token_that_is_not_accepted() {
    let case = case();
    let host = case.start().await;
    let page = ResponseTemplate::new(203).set_body_raw("<html>Sign in</html>", "text/html");
    host.responds("GET", case.repository, page).await;

    let refusal = refusal(host.api.find_repository(&host.access(), &identifier(case.identifier)).await);

    assert!(refusal.ends_with(" does not accept the token"), "{refusal}");
}
