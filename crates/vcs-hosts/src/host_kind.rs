//! The kinds of Git hosts and the names the APIs have for them.

use std::fmt;
use std::str::FromStr;

use domain::Error;

/// What stands behind a connection. The names are those of the TFE API's `service-provider`, and three of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostKind {
    /// Any Git server over HTTP, without an API of its own.
    Git,
    /// github.com
    Github,
    /// GitHub Enterprise Server
    GithubEnterprise,
    /// A GitHub App, on github.com or GitHub Enterprise Server: its tokens are minted for each repository.
    GithubApp,
    /// gitlab.com
    GitlabHosted,
    /// GitLab Community Edition
    GitlabCommunityEdition,
    /// GitLab Enterprise Edition
    GitlabEnterpriseEdition,
    /// bitbucket.org
    BitbucketHosted,
    /// Bitbucket Server
    BitbucketServer,
    /// Bitbucket Server under its older name
    BitbucketServerLegacy,
    /// Bitbucket Data Center
    BitbucketDataCenter,
    /// Azure DevOps Server
    AdoServer,
    /// dev.azure.com
    AdoServices,
    /// Gitea
    Gitea,
    /// Forgejo
    Forgejo,
}

impl HostKind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Git,
        Self::Github,
        Self::GithubEnterprise,
        Self::GithubApp,
        Self::GitlabHosted,
        Self::GitlabCommunityEdition,
        Self::GitlabEnterpriseEdition,
        Self::BitbucketHosted,
        Self::BitbucketServer,
        Self::BitbucketServerLegacy,
        Self::BitbucketDataCenter,
        Self::AdoServer,
        Self::AdoServices,
        Self::Gitea,
        Self::Forgejo,
    ];

    /// The value of `service-provider`, also what is stored.
    pub fn as_str(self) -> &'static str {
        self.names().0
    }

    /// What people call it: the value of `service-provider-display-name`.
    pub fn display_name(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Git => ("git", "Git"),
            Self::Github => ("github", "GitHub"),
            Self::GithubEnterprise => ("github_enterprise", "GitHub Enterprise"),
            Self::GithubApp => ("github_app", "GitHub App"),
            Self::GitlabHosted => ("gitlab_hosted", "GitLab"),
            Self::GitlabCommunityEdition => ("gitlab_community_edition", "GitLab Community Edition"),
            Self::GitlabEnterpriseEdition => ("gitlab_enterprise_edition", "GitLab Enterprise Edition"),
            Self::BitbucketHosted => ("bitbucket_hosted", "Bitbucket Cloud"),
            Self::BitbucketServer => ("bitbucket_server", "Bitbucket Server"),
            Self::BitbucketServerLegacy => ("bitbucket_server_legacy", "Bitbucket Server (legacy)"),
            Self::BitbucketDataCenter => ("bitbucket_data_center", "Bitbucket Data Center"),
            Self::AdoServer => ("ado_server", "Azure DevOps Server"),
            Self::AdoServices => ("ado_services", "Azure DevOps Services"),
            Self::Gitea => ("gitea", "Gitea"),
            Self::Forgejo => ("forgejo", "Forgejo"),
        }
    }
}

impl FromStr for HostKind {
    type Err = Error;

    /// Reads the value of `service-provider`; [`Error::Invalid`] lists the values there are.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            Error::invalid("service-provider", format!("must be one of {known}"))
        })
    }
}

impl fmt::Display for HostKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
