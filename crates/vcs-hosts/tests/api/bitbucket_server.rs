//! Bitbucket Data Center.

use serde_json::json;
use vcs_hosts::HostKind;
use vcs_hosts::api::{Commit, RepositoryFacts};

use crate::case::{Case, SHA};
use crate::fake_host::{HOOK_URL, SECRET, identifier};

pub(crate) fn case() -> Case {
    Case {
        kinds: &[HostKind::BitbucketDataCenter, HostKind::BitbucketServer, HostKind::BitbucketServerLegacy],
        identifier: "NET/terraform-aws-vpc",
        authorization: "Bearer hunter2-token",
        check: Some("/rest/api/1.0/projects"),
        repository: "/rest/api/1.0/projects/NET/repos/terraform-aws-vpc",
        repository_answer: json!({
            "id": 84, "slug": "terraform-aws-vpc", "description": "A network", "project": {"key": "NET"},
            "links": {"clone": [], "self": [{"href": "https://elsewhere.acme.test/projects/NET"}]}
        }),
        facts: RepositoryFacts {
            remote_id: "84".to_owned(),
            description: "A network".to_owned(),
            web_url: "{host}/projects/NET/repos/terraform-aws-vpc".to_owned(),
            default_branch: None,
        },
        hooks: "/rest/api/1.0/projects/NET/repos/terraform-aws-vpc/webhooks",
        hooks_query: "?limit=100",
        hook_query: "",
        hook_body: json!({
            "name": "module registry", "url": HOOK_URL, "active": true, "events": ["repo:refs_changed"],
            "configuration": {"secret": SECRET}
        }),
        hook_id: "12",
        escaped_hook_id: "12",
        hook: |url| json!({"id": 12, "name": "module registry", "url": url, "active": true}),
        list: |hooks| json!({"size": hooks.len(), "isLastPage": true, "values": hooks}),
        renewal: "PUT",
        commits: "/rest/api/1.0/projects/NET/repos/terraform-aws-vpc/commits",
        commits_query: "?until=refs%2Fheads%2Fa%2Fb&limit=30",
        commits_answer: json!({"isLastPage": false, "values": [{
            "id": SHA, "displayId": "6cbc5c0f", "message": "Add endpoints",
            "author": {"name": "jdoe", "emailAddress": "jane@acme.test"},
            "authorTimestamp": 1_772_272_800_000_u64, "committerTimestamp": 1_772_359_200_999_u64
        }]}),
        commit: Commit {
            sha: SHA.to_owned(),
            message: "Add endpoints".to_owned(),
            author: "jdoe".to_owned(),
            author_url: None,
            avatar_url: None,
            date: Some("2026-03-01T10:00:00Z".to_owned()),
            url: format!("{{host}}/projects/NET/repos/terraform-aws-vpc/commits/{SHA}"),
        },
    }
}

#[tokio::test]
async fn repositories_of_people_are_in_a_project_of_theirs() {
    let host = case().start().await;
    host.answers("GET", "/rest/api/1.0/projects/~jdoe/repos/vpc", 200, &json!({"id": 85})).await;

    let facts = host.api.find_repository(&host.access(), &identifier("~jdoe/vpc")).await.unwrap().unwrap();

    assert_eq!(facts.web_url, format!("{}/users/jdoe/repos/vpc", host.server.uri()));
    assert_eq!((facts.remote_id.as_str(), facts.description.as_str()), ("85", ""));
}
