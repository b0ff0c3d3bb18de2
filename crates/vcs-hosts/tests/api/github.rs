//! GitHub and GitHub Enterprise Server.

use serde_json::{Value, json};
use vcs_hosts::HostKind;
use vcs_hosts::api::{Commit, Registered, RepositoryFacts};
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use crate::case::{Case, SHA};
use crate::fake_host::{HOOK, HOOK_URL, SECRET, identifier};

pub(crate) fn case() -> Case {
    Case {
        kinds: &[HostKind::Github, HostKind::GithubEnterprise],
        identifier: "acme/terraform-aws-vpc",
        authorization: "Bearer hunter2-token",
        check: Some("/api/v3/user"),
        repository: "/api/v3/repos/acme/terraform-aws-vpc",
        repository_answer: json!({
            "id": 186853002, "full_name": "acme/terraform-aws-vpc", "description": "A network",
            "html_url": "https://github.com/acme/terraform-aws-vpc", "default_branch": "main",
            "permissions": {"admin": true}
        }),
        facts: RepositoryFacts {
            remote_id: "186853002".to_owned(),
            description: "A network".to_owned(),
            web_url: "https://github.com/acme/terraform-aws-vpc".to_owned(),
            default_branch: Some("main".to_owned()),
        },
        hooks: "/api/v3/repos/acme/terraform-aws-vpc/hooks",
        hooks_query: "?per_page=100",
        hook_query: "",
        hook_body: json!({
            "name": "web", "active": true, "events": ["push"],
            "config": {"url": HOOK_URL, "content_type": "json", "secret": SECRET, "insecure_ssl": "0"}
        }),
        hook_id: "7001",
        escaped_hook_id: "7001",
        hook,
        list: Value::Array,
        renewal: "PATCH",
        commits: "/api/v3/repos/acme/terraform-aws-vpc/commits",
        commits_query: "?sha=a%2Fb&per_page=30",
        commits_answer: json!([{
            "sha": SHA, "html_url": format!("https://github.com/acme/terraform-aws-vpc/commit/{SHA}"),
            "commit": {
                "message": "Add endpoints\n\nFor S3.",
                "author": {"name": "Jane Doe", "date": "2026-02-28T09:00:00Z"},
                "committer": {"name": "GitHub", "date": "2026-03-01T10:00:00Z"}
            },
            "author": {
                "login": "jdoe", "html_url": "https://github.com/jdoe", "avatar_url": "https://github.com/jdoe.png"
            }
        }]),
        commit: Commit {
            sha: SHA.to_owned(),
            message: "Add endpoints\n\nFor S3.".to_owned(),
            author: "jdoe".to_owned(),
            author_url: Some("https://github.com/jdoe".to_owned()),
            avatar_url: Some("https://github.com/jdoe.png".to_owned()),
            date: Some("2026-03-01T10:00:00Z".to_owned()),
            url: format!("https://github.com/acme/terraform-aws-vpc/commit/{SHA}"),
        },
    }
}

fn hook(url: &str) -> Value {
    json!({"id": 7001, "name": "web", "active": true, "config": {"url": url, "secret": "********"}})
}

#[tokio::test]
async fn who_asks_and_for_what_is_in_the_headers() {
    let case = case();
    let host = case.start().await;
    case.knows_repository(&host).await;

    host.api.find_repository(&host.access(), &identifier(case.identifier)).await.unwrap();

    let headers = &host.requests().await[0].headers;
    assert_eq!(headers["accept"], "application/vnd.github+json");
    assert!(headers["user-agent"].to_str().unwrap().starts_with("quarry/"));
}

#[tokio::test]
async fn a_webhook_that_somebody_made_in_between_is_found_after_all() {
    let case = case();
    let host = case.start().await;
    let empty = ResponseTemplate::new(200).set_body_json(json!([]));
    Mock::given(method("GET")).and(path(case.hooks)).respond_with(empty).up_to_n_times(1).mount(&host.server).await;
    host.answers("GET", case.hooks, 200, &json!([hook(HOOK_URL)])).await;
    let taken =
        json!({"message": "Validation Failed", "errors": [{"message": "Hook already exists on this repository"}]});
    host.answers("POST", case.hooks, 422, &taken).await;
    host.answers("PATCH", &case.hook_place(), 200, &hook(HOOK_URL)).await;

    let registered = host.api.register_webhook(&host.access(), &identifier(case.identifier), &HOOK).await.unwrap();

    assert_eq!(registered, Registered::Made { hook_id: "7001".to_owned() });
}

#[tokio::test]
async fn what_cannot_change_is_left_out_when_the_secret_is_renewed() {
    let case = case();
    let host = case.start().await;
    host.answers("GET", case.hooks, 200, &json!([hook("https://other.acme.test/"), hook(HOOK_URL)])).await;
    host.answers("PATCH", &case.hook_place(), 200, &hook(HOOK_URL)).await;

    host.api.register_webhook(&host.access(), &identifier(case.identifier), &HOOK).await.unwrap();

    let mut expected = case.hook_body.clone();
    expected.as_object_mut().unwrap().remove("name");
    assert_eq!(host.bodies().await, [expected]);
}

#[tokio::test]
async fn too_many_webhooks_are_a_reason_to_make_one_by_hand() {
    let case = case();
    let host = case.start().await;
    host.answers("GET", case.hooks, 200, &json!([])).await;
    let full = json!({
        "message": "Validation Failed",
        "errors": [{"resource": "Hook", "message": "The \"push\" event cannot have more than 20 hooks"}]
    });
    host.answers("POST", case.hooks, 422, &full).await;

    let registered = host.api.register_webhook(&host.access(), &identifier(case.identifier), &HOOK).await.unwrap();

    let Registered::Manual { reason } = registered else { panic!("{registered:?}") };
    assert!(reason.ends_with("/terraform-aws-vpc: The \"push\" event cannot have more than 20 hooks"), "{reason}");
}

#[tokio::test]
async fn a_repository_without_commits_has_none() {
    let case = case();
    let host = case.start().await;
    host.answers("GET", case.commits, 409, &json!({"message": "Git Repository is empty."})).await;

    let commits = host.api.list_commits(&host.access(), &identifier(case.identifier), None, 10).await.unwrap();

    assert_eq!(commits, Some(Vec::new()));
}
