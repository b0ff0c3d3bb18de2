//! GitLab.

use serde_json::{Value, json};
use vcs_hosts::HostKind;
use vcs_hosts::api::{Commit, RepositoryFacts};

use crate::case::{Case, SHA};
use crate::fake_host::{HOOK_URL, SECRET};

pub(crate) fn case() -> Case {
    Case {
        kinds: &[HostKind::GitlabHosted, HostKind::GitlabCommunityEdition, HostKind::GitlabEnterpriseEdition],
        identifier: "acme/infra/terraform-aws-vpc",
        authorization: "Bearer hunter2-token",
        check: Some("/api/v4/user"),
        repository: "/api/v4/projects/acme%2Finfra%2Fterraform-aws-vpc",
        repository_answer: json!({
            "id": 15, "path_with_namespace": "acme/infra/terraform-aws-vpc", "description": null,
            "web_url": "https://gitlab.acme.test/acme/infra/terraform-aws-vpc", "default_branch": "main"
        }),
        facts: RepositoryFacts {
            remote_id: "15".to_owned(),
            description: String::new(),
            web_url: "https://gitlab.acme.test/acme/infra/terraform-aws-vpc".to_owned(),
            default_branch: Some("main".to_owned()),
        },
        hooks: "/api/v4/projects/acme%2Finfra%2Fterraform-aws-vpc/hooks",
        hooks_query: "?per_page=100",
        hook_query: "",
        hook_body: json!({
            "url": HOOK_URL, "token": SECRET, "push_events": false, "tag_push_events": true,
            "enable_ssl_verification": true
        }),
        hook_id: "31",
        escaped_hook_id: "31",
        hook: |url| json!({"id": 31, "url": url, "project_id": 15, "tag_push_events": true}),
        list: Value::Array,
        renewal: "PUT",
        commits: "/api/v4/projects/acme%2Finfra%2Fterraform-aws-vpc/repository/commits",
        commits_query: "?ref_name=a%2Fb&per_page=30",
        commits_answer: json!([{
            "id": SHA, "title": "Add endpoints", "message": "Add endpoints\n", "author_name": "Jane Doe",
            "authored_date": "2026-02-28T09:00:00.000+00:00", "committed_date": "2026-03-01T12:00:00.123+02:00",
            "web_url": format!("https://gitlab.acme.test/acme/infra/terraform-aws-vpc/-/commit/{SHA}")
        }]),
        commit: Commit {
            sha: SHA.to_owned(),
            message: "Add endpoints".to_owned(),
            author: "Jane Doe".to_owned(),
            author_url: None,
            avatar_url: None,
            date: Some("2026-03-01T10:00:00Z".to_owned()),
            url: format!("https://gitlab.acme.test/acme/infra/terraform-aws-vpc/-/commit/{SHA}"),
        },
    }
}
