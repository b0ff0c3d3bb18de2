//! Gitea and Forgejo.

use serde_json::{Value, json};
use vcs_hosts::HostKind;
use vcs_hosts::api::{Commit, RepositoryFacts};

use crate::case::{Case, SHA};
use crate::fake_host::{HOOK_URL, SECRET};

pub(crate) fn case() -> Case {
    Case {
        kinds: &[HostKind::Gitea, HostKind::Forgejo],
        identifier: "acme/terraform-aws-vpc",
        authorization: "token hunter2-token",
        check: Some("/api/v1/user"),
        repository: "/api/v1/repos/acme/terraform-aws-vpc",
        repository_answer: json!({
            "id": 9, "full_name": "acme/terraform-aws-vpc", "description": "",
            "html_url": "https://git.acme.test/acme/terraform-aws-vpc", "default_branch": "trunk"
        }),
        facts: RepositoryFacts {
            remote_id: "9".to_owned(),
            description: String::new(),
            web_url: "https://git.acme.test/acme/terraform-aws-vpc".to_owned(),
            default_branch: Some("trunk".to_owned()),
        },
        hooks: "/api/v1/repos/acme/terraform-aws-vpc/hooks",
        hooks_query: "?limit=50",
        hook_query: "",
        hook_body: json!({
            "type": "gitea", "active": true, "events": ["push", "create", "delete"],
            "config": {"url": HOOK_URL, "content_type": "json", "secret": SECRET}
        }),
        hook_id: "4",
        escaped_hook_id: "4",
        hook: |url| json!({"id": 4, "type": "gitea", "config": {"url": url, "content_type": "json"}}),
        list: Value::Array,
        renewal: "DELETE",
        commits: "/api/v1/repos/acme/terraform-aws-vpc/commits",
        commits_query: "?sha=a%2Fb&limit=30&stat=false&verification=false&files=false",
        commits_answer: json!([{
            "sha": SHA, "html_url": format!("https://git.acme.test/acme/terraform-aws-vpc/commit/{SHA}"),
            "created": "2026-03-01T10:00:00Z",
            "commit": {
                "message": "Add endpoints\n",
                "author": {"name": "Jane Doe", "email": "jane@acme.test", "date": "2026-03-01T11:00:00+01:00"},
                "committer": null
            },
            "author": null
        }]),
        commit: Commit {
            sha: SHA.to_owned(),
            message: "Add endpoints".to_owned(),
            author: "Jane Doe".to_owned(),
            author_url: None,
            avatar_url: None,
            date: Some("2026-03-01T10:00:00Z".to_owned()),
            url: format!("https://git.acme.test/acme/terraform-aws-vpc/commit/{SHA}"),
        },
    }
}
