//! Where the API of a host is: given, or made of what people call its address.

use vcs_hosts::HostKind::{self, AdoServices, BitbucketDataCenter, BitbucketHosted, Forgejo, Github, GitlabHosted};

use crate::fake_host::{FakeHost, identifier};

async fn asked(kind: HostKind, api_path: &str, identifier_text: &str) -> String {
    let mut host = FakeHost::start(kind).await;
    host.api_url = format!("{}{api_path}", host.server.uri()).parse().unwrap();
    let _ = host.api.find_repository(&host.access(), &identifier(identifier_text)).await;
    host.requests().await[0].url.path().to_owned()
}

#[tokio::test]
async fn an_api_has_its_usual_end_whether_it_was_given_or_not() {
    for (kind, end, identifier, place) in [
        (Github, "/api/v3", "a/b", "/repos/a/b"),
        (GitlabHosted, "/api/v4", "a/b", "/projects/a%2Fb"),
        (Forgejo, "/api/v1", "a/b", "/repos/a/b"),
        (BitbucketHosted, "/2.0", "a/b", "/repositories/a/b"),
        (BitbucketDataCenter, "/rest/api/1.0", "a/b", "/projects/a/repos/b"),
        (AdoServices, "", "a/b/c", "/a/b/_apis/git/repositories/c"),
    ] {
        for prefix in ["", "/some/prefix"] {
            // An organization cannot have a prefix.
            if kind == AdoServices && !prefix.is_empty() {
                continue;
            }
            let expected = format!("{prefix}{end}{place}");
            assert_eq!(asked(kind, prefix, identifier).await, expected);
            assert_eq!(asked(kind, &format!("{prefix}{end}"), identifier).await, expected);
            assert_eq!(asked(kind, &format!("{prefix}{end}/"), identifier).await, expected);
        }
    }
    let latest = asked(BitbucketDataCenter, "/rest/api/latest", "a/b").await;
    assert_eq!(latest, "/rest/api/latest/projects/a/repos/b");
}
