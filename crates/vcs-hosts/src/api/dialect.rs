//! What differs between the hosts: where things are, and how they are written.

use async_trait::async_trait;
use domain::Error;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::call::{Place, Session};
use super::hooks::Hooks;
use super::{Access, Commit, NewWebhook, RepositoryFacts};
use super::{azure, bitbucket_cloud, bitbucket_server, gitea, github, gitlab};
use crate::family::Family;
use crate::{HostKind, Identifier};

/// How hosts of one family are talked to. The identifiers given have been checked for it.
#[async_trait]
pub(super) trait Dialect: Sync {
    /// The address below which everything is, without a slash at its end.
    fn base(&self, access: &Access<'_>) -> String;

    /// What every call carries besides the `User-Agent`.
    fn headers(&self, access: &Access<'_>, token: Option<&str>) -> Result<HeaderMap, Error>;

    /// What answers 401 to a wrong token and costs little. `None` if there is no such thing.
    fn place_to_check(&self, access: &Access<'_>) -> Option<Place>;

    async fn find_repository(&self, session: &Session<'_>, identifier: &Identifier) -> Result<RepositoryFacts, Error>;

    /// Newest first; may be more than the limit.
    async fn list_commits(
        &self,
        session: &Session<'_>,
        identifier: &Identifier,
        branch: Option<&str>,
        limit: u8,
    ) -> Result<Vec<Commit>, Error>;

    /// The webhooks of a repository.
    fn hooks(&self, access: &Access<'_>, identifier: &Identifier) -> Result<Hooks, Error>;

    /// The body that makes a webhook.
    async fn hook_body(
        &self,
        session: &Session<'_>,
        identifier: &Identifier,
        hook: &NewWebhook<'_>,
    ) -> Result<Value, Error>;
}

/// `None` for plain Git, which has no API.
pub(super) fn dialect_of(kind: HostKind) -> Option<&'static dyn Dialect> {
    match kind.family() {
        Family::Git => None,
        Family::Github => Some(&github::Github),
        Family::Gitlab => Some(&gitlab::Gitlab),
        Family::Gitea => Some(&gitea::Gitea),
        Family::BitbucketCloud => Some(&bitbucket_cloud::BitbucketCloud),
        Family::BitbucketServer => Some(&bitbucket_server::BitbucketServer),
        Family::Azure => Some(&azure::Azure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BaseUrl;

    #[test]
    fn public_hosts_have_their_api_elsewhere() {
        for (kind, given, expected) in [
            (HostKind::Github, "https://github.com", "https://api.github.com"),
            (HostKind::Github, "https://api.github.com", "https://api.github.com"),
            (HostKind::GithubApp, "https://github.com", "https://api.github.com"),
            (HostKind::GithubApp, "https://git.acme.test/prefix", "https://git.acme.test/prefix/api/v3"),
            (HostKind::GithubEnterprise, "https://acme.ghe.com", "https://api.acme.ghe.com"),
            (HostKind::GithubEnterprise, "https://api.acme.ghe.com", "https://api.acme.ghe.com"),
            (HostKind::GithubEnterprise, "https://git.acme.test/api/v3", "https://git.acme.test/api/v3"),
            (HostKind::BitbucketHosted, "https://bitbucket.org", "https://api.bitbucket.org/2.0"),
            (HostKind::BitbucketHosted, "https://api.bitbucket.org", "https://api.bitbucket.org/2.0"),
            (HostKind::BitbucketHosted, "https://api.bitbucket.org/2.0", "https://api.bitbucket.org/2.0"),
            (HostKind::GitlabHosted, "https://gitlab.com", "https://gitlab.com/api/v4"),
            (HostKind::AdoServices, "https://dev.azure.com", "https://dev.azure.com"),
        ] {
            let url: BaseUrl = given.parse().unwrap();
            let access = Access { kind, http_url: &url, api_url: &url, key: None, token: None };
            assert_eq!(dialect_of(kind).unwrap().base(&access), expected);
        }
    }
}
