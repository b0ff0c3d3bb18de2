//! Bitbucket Cloud.

use serde_json::json;
use vcs_hosts::HostKind;
use vcs_hosts::api::{Commit, RepositoryFacts};

use crate::case::{Case, SHA};
use crate::fake_host::{HOOK_URL, SECRET, identifier};

const HOOK_ID: &str = "{ab12c3d4-0000-4000-8000-00000000beef}";

pub(crate) fn case() -> Case {
    Case {
        kinds: &[HostKind::BitbucketHosted],
        identifier: "acme/terraform-aws-vpc",
        authorization: "Bearer hunter2-token",
        check: Some("/2.0/hook_events"),
        repository: "/2.0/repositories/acme/terraform-aws-vpc",
        repository_answer: json!({
            "uuid": "{0f1e2d3c-0000-4000-8000-00000000cafe}", "description": "A network",
            "links": {"html": {"href": "https://bitbucket.org/acme/terraform-aws-vpc"}, "clone": []},
            "mainbranch": {"name": "main", "type": "branch"}
        }),
        facts: RepositoryFacts {
            remote_id: "{0f1e2d3c-0000-4000-8000-00000000cafe}".to_owned(),
            description: "A network".to_owned(),
            web_url: "https://bitbucket.org/acme/terraform-aws-vpc".to_owned(),
            default_branch: Some("main".to_owned()),
        },
        hooks: "/2.0/repositories/acme/terraform-aws-vpc/hooks",
        hooks_query: "?pagelen=100",
        hook_query: "",
        hook_body: json!({
            "description": "module registry", "url": HOOK_URL, "active": true, "events": ["repo:push"],
            "secret": SECRET
        }),
        hook_id: HOOK_ID,
        escaped_hook_id: "%7Bab12c3d4-0000-4000-8000-00000000beef%7D",
        hook: |url| json!({"uuid": HOOK_ID, "url": url, "active": true}),
        list: |hooks| json!({"values": hooks, "pagelen": 100, "page": 1}),
        renewal: "PUT",
        commits: "/2.0/repositories/acme/terraform-aws-vpc/commits",
        commits_query: "?include=a%2Fb&pagelen=30",
        commits_answer: json!({"values": [{
            "hash": SHA, "message": "Add endpoints\n", "date": "2026-03-01T10:00:00+00:00",
            "author": {
                "raw": "Jane Doe <jane@acme.test>",
                "user": {"display_name": "Jane", "links": {
                    "html": {"href": "https://bitbucket.org/jane"}, "avatar": {"href": "https://bitbucket.org/jane.png"}
                }}
            },
            "links": {"html": {"href": format!("https://bitbucket.org/acme/terraform-aws-vpc/commits/{SHA}")}}
        }]}),
        commit: Commit {
            sha: SHA.to_owned(),
            message: "Add endpoints".to_owned(),
            author: "Jane".to_owned(),
            author_url: Some("https://bitbucket.org/jane".to_owned()),
            avatar_url: Some("https://bitbucket.org/jane.png".to_owned()),
            date: Some("2026-03-01T10:00:00Z".to_owned()),
            url: format!("https://bitbucket.org/acme/terraform-aws-vpc/commits/{SHA}"),
        },
    }
}

#[tokio::test]
async fn a_key_makes_it_the_token_of_a_user() {
    let case = case();
    let mut host = case.start().await;
    host.key = Some("jane@acme.test");
    host.answers("GET", "/2.0/user", 200, &json!({})).await;

    host.api.check(&host.access()).await.unwrap();

    // `jane@acme.test:hunter2-token`
    let expected = "Basic amFuZUBhY21lLnRlc3Q6aHVudGVyMi10b2tlbg==";
    assert_eq!(host.requests().await[0].headers["authorization"], expected);
}

#[tokio::test]
async fn without_a_branch_the_main_one_is_looked_up_first() {
    let case = case();
    let host = case.start().await;
    case.knows_repository(&host).await;
    host.answers("GET", case.commits, 200, &case.commits_answer).await;

    let commits = host.api.list_commits(&host.access(), &identifier(case.identifier), None, 5).await.unwrap().unwrap();

    assert_eq!(commits, [case.commit]);
    assert_eq!(
        host.asked().await,
        [format!("GET {}", case.repository), format!("GET {}?include=main&pagelen=5", case.commits)]
    );
}

#[tokio::test]
async fn a_repository_without_a_main_branch_has_no_commits() {
    let case = case();
    let host = case.start().await;
    let empty = json!({"uuid": "{0f1e2d3c-0000-4000-8000-00000000cafe}", "mainbranch": null});
    host.answers("GET", case.repository, 200, &empty).await;

    let commits = host.api.list_commits(&host.access(), &identifier(case.identifier), None, 5).await.unwrap();

    assert_eq!(commits, Some(Vec::new()));
}
