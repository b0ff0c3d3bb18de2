//! Where a repository is, for Git and for people (wire-spec 17.2, 17.3).

use domain::Error;

use crate::azure::AzureRepository;
use crate::family::Family;
use crate::{BaseUrl, HostKind, Identifier};

/// The address to clone from, without credentials. `base` is the `http-url` of the connection.
///
/// # Errors
/// [`Error::Invalid`] for an identifier that no repository of such a host can have, and where only both together could
/// name an organization of Azure DevOps, but do not.
pub fn clone_address(kind: HostKind, base: &BaseUrl, identifier: &Identifier) -> Result<String, Error> {
    identifier.check_for(kind)?;
    match kind.family() {
        // Git itself looks for both names then (git-clone(1)).
        Family::Git if base.is_ssh() => Ok(format!("{base}/{identifier}")),
        Family::Git | Family::Github | Family::Gitlab | Family::Gitea | Family::BitbucketCloud => {
            Ok(format!("{base}/{identifier}.git"))
        }
        Family::BitbucketServer => Ok(format!("{base}/scm/{identifier}.git")),
        Family::Azure => Ok(AzureRepository::find(kind, base, identifier)?.address(kind, base)),
    }
}

/// The address at which people look at the repository.
///
/// # Errors
/// As those of [`clone_address`].
pub fn web_address(kind: HostKind, base: &BaseUrl, identifier: &Identifier) -> Result<String, Error> {
    identifier.check_for(kind)?;
    match kind.family() {
        Family::Git | Family::Github | Family::Gitlab | Family::Gitea | Family::BitbucketCloud => {
            Ok(format!("{base}/{identifier}"))
        }
        Family::BitbucketServer => Ok(on_bitbucket_server(base, identifier)),
        Family::Azure => Ok(AzureRepository::find(kind, base, identifier)?.address(kind, base)),
    }
}

fn on_bitbucket_server(base: &BaseUrl, identifier: &Identifier) -> String {
    let repository = identifier.repository();
    let owner = identifier.segments().next().unwrap_or_default();
    match owner.strip_prefix('~') {
        Some(user) => format!("{base}/users/{user}/repos/{repository}"),
        None => format!("{base}/projects/{owner}/repos/{repository}"),
    }
}
