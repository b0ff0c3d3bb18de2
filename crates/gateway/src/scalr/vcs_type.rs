//! What this API calls the kinds of Git hosts.

use store::connection_search::Hosts;
use vcs_hosts::HostKind;

const GITHUB: &str = "https://github.com";

/// The word for the host of a connection. A kind that only a newer release knows keeps its name.
pub(super) fn of<'a>(kind: &'a str, http_url: &str) -> &'a str {
    match kind.parse() {
        Ok(HostKind::Github) => "github",
        Ok(HostKind::GithubApp) if http_url.trim_end_matches('/') == GITHUB => "github",
        Ok(HostKind::GithubApp | HostKind::GithubEnterprise) => "github_enterprise",
        Ok(HostKind::GitlabHosted) => "gitlab",
        Ok(HostKind::GitlabCommunityEdition | HostKind::GitlabEnterpriseEdition) => "gitlab_enterprise",
        Ok(HostKind::BitbucketHosted) => "bitbucket",
        Ok(HostKind::BitbucketServer | HostKind::BitbucketServerLegacy | HostKind::BitbucketDataCenter) => {
            "bitbucket_enterprise"
        }
        Ok(HostKind::AdoServices) => "azure_dev_ops_services",
        Ok(HostKind::AdoServer | HostKind::Gitea | HostKind::Forgejo | HostKind::Git) | Err(_) => kind,
    }
}

/// The hosts that any of these words means.
pub(super) fn hosts(words: &[String]) -> Hosts {
    let is_meant = |kind: &HostKind, http_url: &str| words.iter().any(|word| of(kind.as_str(), http_url) == word);
    let is_decided_by_kind = |kind: &HostKind| *kind != HostKind::GithubApp;
    let kinds = HostKind::ALL.into_iter().filter(is_decided_by_kind).filter(|kind| is_meant(kind, ""));
    let app = HostKind::GithubApp;
    let here = || (app.as_str(), vec![GITHUB.to_owned(), format!("{GITHUB}/")]);
    Hosts {
        kinds: kinds.map(|kind| kind.as_str().to_owned()).collect(),
        at: is_meant(&app, GITHUB).then(here),
        elsewhere: is_meant(&app, "").then(here),
    }
}

/// How one signs in at such a host.
pub(super) fn auth_type_of(kind: &str) -> &'static str {
    if kind == HostKind::GithubApp.as_str() { "oauth2" } else { "personal_token" }
}
