//! What Git hosts send when a repository changes (wire-spec 16): whether a delivery is genuine, and what it says.
//! A delivery is only a hint. Nothing is looked up, remembered or answered here.

mod azure;
mod bitbucket_cloud;
mod bitbucket_server;
mod event;
mod git;
mod gitea;
mod github;
mod gitlab;
mod headers;
mod refs;
mod refused;
mod signature;

use domain::Error;

use crate::HostKind;

pub use event::{Change, Event, News, Repository, TagChange};
pub use headers::Headers;
pub use refused::Refused;

/// Succeeds for a delivery from somebody who knows the webhook's secret (wire-spec 16.1, 16.2). `body` is what was
/// received, byte for byte. The time tells nothing about the secret but its length.
///
/// # Errors
/// [`Refused`] says why; always for an empty secret. Where a host may prove the same in several headers, every one
/// that came must be right.
pub fn authenticate(kind: HostKind, secret: &str, headers: &Headers<'_>, body: &[u8]) -> Result<(), Refused> {
    if secret.is_empty() {
        return Err(Refused::NoSecret);
    }
    match kind {
        HostKind::Git => git::authenticate(secret, headers, body),
        HostKind::Github | HostKind::GithubEnterprise | HostKind::GithubApp => {
            github::authenticate(secret, headers, body)
        }
        HostKind::GitlabHosted | HostKind::GitlabCommunityEdition | HostKind::GitlabEnterpriseEdition => {
            gitlab::authenticate(secret, headers)
        }
        HostKind::BitbucketHosted => bitbucket_cloud::authenticate(secret, headers, body),
        HostKind::BitbucketServer | HostKind::BitbucketServerLegacy | HostKind::BitbucketDataCenter => {
            bitbucket_server::authenticate(secret, headers, body)
        }
        HostKind::AdoServer | HostKind::AdoServices => azure::authenticate(secret, headers),
        HostKind::Gitea => gitea::authenticate_gitea(secret, headers, body),
        HostKind::Forgejo => gitea::authenticate_forgejo(secret, headers, body),
    }
}

/// What an authenticated delivery says (wire-spec 16.3). Events that mean nothing to us are [`News::Other`], and what a
/// push leaves out means that the tags should be looked at.
///
/// # Errors
/// [`Error::Invalid`] for a body that is not JSON, a member of the wrong type, which it names with its path, and a
/// delivery that does not name its event.
pub fn read(kind: HostKind, headers: &Headers<'_>, body: &[u8]) -> Result<Event, Error> {
    match kind {
        HostKind::Git => git::read(headers, body),
        HostKind::Github | HostKind::GithubEnterprise | HostKind::GithubApp => github::read(headers, body),
        HostKind::GitlabHosted | HostKind::GitlabCommunityEdition | HostKind::GitlabEnterpriseEdition => {
            gitlab::read(headers, body)
        }
        HostKind::BitbucketHosted => bitbucket_cloud::read(headers, body),
        HostKind::BitbucketServer | HostKind::BitbucketServerLegacy | HostKind::BitbucketDataCenter => {
            bitbucket_server::read(headers, body)
        }
        HostKind::AdoServer | HostKind::AdoServices => azure::read(body),
        HostKind::Gitea => gitea::read_gitea(headers, body),
        HostKind::Forgejo => gitea::read_forgejo(headers, body),
    }
}
