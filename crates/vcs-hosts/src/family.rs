//! Kinds of hosts that speak the same API and name their repositories alike.

use crate::HostKind;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Git,
    Github,
    Gitlab,
    /// Gitea and Forgejo
    Gitea,
    BitbucketCloud,
    BitbucketServer,
    Azure,
}

impl HostKind {
    pub(crate) fn family(self) -> Family {
        match self {
            Self::Git => Family::Git,
            Self::Github | Self::GithubEnterprise | Self::GithubApp => Family::Github,
            Self::GitlabHosted | Self::GitlabCommunityEdition | Self::GitlabEnterpriseEdition => Family::Gitlab,
            Self::BitbucketHosted => Family::BitbucketCloud,
            Self::BitbucketServer | Self::BitbucketServerLegacy | Self::BitbucketDataCenter => Family::BitbucketServer,
            Self::AdoServer | Self::AdoServices => Family::Azure,
            Self::Gitea | Self::Forgejo => Family::Gitea,
        }
    }
}
