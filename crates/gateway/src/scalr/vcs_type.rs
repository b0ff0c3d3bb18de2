//! What this API calls the kinds of Git hosts.

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
