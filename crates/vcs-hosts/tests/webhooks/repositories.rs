//! Whether a delivery is about the repository that is configured.

use serde_json::{Value, json};
use vcs_hosts::webhooks::Event;
use vcs_hosts::{HostKind, Identifier};

use crate::delivery::{Delivery, NEW, NONE, OLD, with, without};
use crate::{azure, bitbucket_cloud, bitbucket_server, github, gitlab};

fn concerns(event: &Event, identifier: &str, remote_id: Option<&str>) -> bool {
    event.concerns(&identifier.parse::<Identifier>().unwrap(), remote_id)
}

fn from_github(payload: &Value) -> Event {
    Delivery::json(HostKind::Github, payload).with("X-GitHub-Event", "push").event()
}

/// An event of each host, the name and the lasting id of its repository.
fn named_by_every_host() -> Vec<(Event, &'static str, &'static str)> {
    let gitlab = gitlab::push("tag_push", "refs/tags/v1", OLD, NEW);
    let github = github::push("refs/tags/v1", NONE, NEW);
    let gitea = Delivery::json(HostKind::Gitea, &github).with("X-Gitea-Event", "push").event();
    let forgejo = Delivery::json(HostKind::Forgejo, &github).with("X-Forgejo-Event", "push").event();
    let cloud = bitbucket_cloud::send("repo:push", &bitbucket_cloud::push(&json!([]))).event();
    let server = bitbucket_server::send("repo:refs_changed", &bitbucket_server::pushed(&json!([]))).event();
    let azure = azure::send(&azure::push(&json!([]))).event();
    vec![
        (from_github(&github), "acme/terraform-aws-vpc", "186853002"),
        (gitea, "acme/terraform-aws-vpc", "186853002"),
        (forgejo, "acme/terraform-aws-vpc", "186853002"),
        (gitlab::send("Tag Push Hook", &gitlab).event(), "acme/infra/terraform-aws-vpc", "15"),
        (cloud, "acme/terraform-aws-vpc", "{b1a7c3d2-4e5f-4a6b-8c9d-0e1f2a3b4c5d}"),
        (server, "INFRA/terraform-aws-vpc", "84"),
        (azure, "acme/Infra/_git/terraform-aws-vpc", "278d5cd2-584d-4b63-824a-2ba458937249"),
    ]
}

#[test]
fn the_configured_repository_is_known_by_its_name_in_any_case() {
    for (event, identifier, _) in named_by_every_host() {
        assert!(concerns(&event, identifier, None), "{identifier}");
        assert!(concerns(&event, &identifier.to_uppercase(), None), "{identifier}");
        assert!(concerns(&event, &identifier.to_lowercase(), Some("")), "{identifier}");
        assert!(concerns(&event, &format!("{identifier}.git"), None), "{identifier}");
    }
}

#[test]
fn another_repository_is_another() {
    for (event, identifier, id) in named_by_every_host() {
        for other in [format!("{identifier}-2"), format!("other/{identifier}"), identifier.replacen('/', "x/", 1)] {
            assert!(!concerns(&event, &other, None), "{other}");
        }
        assert!(!concerns(&event, "terraform-aws-vpc", None));
        // Made anew under the same name: the configured one is gone.
        assert!(!concerns(&event, identifier, Some("999")), "{identifier}");
        assert!(!concerns(&event, identifier, Some(&format!("{id}0"))), "{identifier}");
    }
}

#[test]
fn a_renamed_repository_is_known_by_its_lasting_id() {
    for (event, _, id) in named_by_every_host() {
        assert!(concerns(&event, "acme/its-name-before", Some(id)), "{id}");
        assert!(concerns(&event, "acme/its-name-before", Some(&id.to_uppercase())), "{id}");
        assert!(!concerns(&event, "acme/its-name-before", None), "{id}");
    }
}

#[test]
fn both_forms_of_azure_are_one_name() {
    let event = azure::send(&azure::push(&json!([]))).event();

    assert!(concerns(&event, "acme/infra/_git/terraform-aws-vpc", None));
    assert!(concerns(&event, "Acme/Infra/Terraform-AWS-VPC", None));
    for other in ["acme/other/_git/terraform-aws-vpc", "acme/other/terraform-aws-vpc", "infra/terraform-aws-vpc"] {
        assert!(!concerns(&event, other, None), "{other}");
    }
}

#[test]
fn without_an_id_in_the_payload_the_name_decides() {
    let payload = without(&github::push("refs/tags/v1", NONE, NEW), "/repository/id");

    assert!(concerns(&from_github(&payload), "acme/terraform-aws-vpc", Some("186853002")));
    assert!(!concerns(&from_github(&payload), "acme/other", Some("186853002")));
}

#[test]
fn a_payload_that_names_no_repository_is_about_the_one_it_was_sent_to() {
    let push = github::push("refs/tags/v1", NONE, NEW);
    let nameless = [
        from_github(&without(&push, "/repository")),
        from_github(&with(&push, "/repository", json!({}))),
        from_github(&with(&push, "/repository", json!({"id": "", "full_name": ""}))),
        azure::send(&json!({"eventType": "git.push", "resource": null})).event(),
        Delivery::new(HostKind::Git, "").event(),
    ];
    for event in nameless {
        assert!(concerns(&event, "acme/terraform-aws-vpc", None));
        assert!(concerns(&event, "acme/terraform-aws-vpc", Some("186853002")));
    }
    // Only an id, which says nothing to those who know none.
    let by_id = from_github(&with(&push, "/repository", json!({"id": 7})));
    assert!(concerns(&by_id, "acme/terraform-aws-vpc", None));
    assert!(!concerns(&by_id, "acme/terraform-aws-vpc", Some("186853002")));
}
