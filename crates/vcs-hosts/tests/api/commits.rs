//! Commits of a branch.

use serde_json::{Value, json};
use vcs_hosts::api::Commit;

use crate::case::{Case, SHA};
use crate::fake_host::{FakeHost, identifier, refusal};

fn of_host(commit: &Commit, host: &FakeHost) -> Commit {
    Commit { url: commit.url.replace("{host}", &host.server.uri()), ..commit.clone() }
}

#[tokio::test]
async fn the_commits_of_a_branch_are_listed() {
    for case in Case::all() {
        for kind in case.kinds {
            let host = FakeHost::start(*kind).await;
            host.answers("GET", case.commits, 200, &case.commits_answer).await;

            let id = identifier(case.identifier);
            let commits = host.api.list_commits(&host.access(), &id, Some("a/b"), 30).await.unwrap().unwrap();

            assert_eq!(commits, [of_host(&case.commit, &host)], "{kind}");
            assert_eq!(host.asked().await, [format!("GET {}{}", case.commits, case.commits_query)], "{kind}");
        }
    }
}

#[tokio::test]
async fn a_branch_that_is_not_there_is_named() {
    for case in Case::all() {
        let host = case.start().await;
        host.answers("GET", case.commits, 404, &json!({})).await;

        let id = identifier(case.identifier);
        let refusal = refusal(host.api.list_commits(&host.access(), &id, Some("gone"), 30).await);

        assert!(refusal.contains("or its branch gone does not exist"), "{refusal}");
    }
}

#[tokio::test]
async fn never_more_are_asked_for_than_hosts_give_nor_handed_on_than_asked_for() {
    let case = crate::github::case();
    let host = case.start().await;
    let many = Value::Array(vec![json!({"sha": SHA}); 120]);
    host.answers("GET", case.commits, 200, &many).await;

    for (limit, sent) in [(0, 1), (1, 1), (100, 100), (255, 100)] {
        let id = identifier(case.identifier);
        let commits = host.api.list_commits(&host.access(), &id, None, limit).await.unwrap().unwrap();
        assert_eq!(commits.len(), sent);
        assert!(host.asked().await.pop().unwrap().ends_with(&format!("/commits?per_page={sent}")));
    }
}

#[tokio::test]
async fn what_a_host_leaves_out_is_empty() {
    for (case, member) in [
        (crate::github::case(), "sha"),
        (crate::gitlab::case(), "id"),
        (crate::gitea::case(), "sha"),
        (crate::bitbucket_cloud::case(), "hash"),
        (crate::bitbucket_server::case(), "id"),
        (crate::azure::case(), "commitId"),
    ] {
        let host = case.start().await;
        let commit = json!({member: SHA.to_uppercase()});
        let list = (case.list)(vec![commit]);
        host.answers("GET", case.commits, 200, &list).await;

        let id = identifier(case.identifier);
        let commits = host.api.list_commits(&host.access(), &id, Some("main"), 30).await.unwrap().unwrap();

        let [commit] = commits.as_slice() else { panic!("{commits:?}") };
        assert_eq!((commit.sha.as_str(), commit.message.as_str(), commit.author.as_str()), (SHA, "", ""));
        assert_eq!((&commit.date, &commit.author_url, &commit.avatar_url), (&None, &None, &None));
        assert!(commit.url.starts_with(&host.server.uri()) && commit.url.ends_with(SHA), "{}", commit.url);
    }
}
