//! What `vcs-repo` of a request says (wire-spec 6.4), where making a module and changing one read it alike.

use domain::{Id, SourceDirectory, kinds};
use service_kit::JsonApiError;

use super::attributes::Attributes;

const LONGEST_PREFIX: usize = 128;

/// The connection behind the token: they differ only in the prefix.
pub(super) fn connection(repository: &Attributes) -> Result<Option<Id<kinds::Connection>>, JsonApiError> {
    let token = repository.non_empty_string("oauth-token-id")?;
    let installation = repository.non_empty_string("github-app-installation-id")?;
    match (token, installation) {
        (Some(token), None) => Ok(Some(token.parse::<Id<kinds::ConnectionToken>>()?.face())),
        (Some(_), Some(_)) => {
            Err(repository.refuse("github-app-installation-id", "must not be given together with oauth-token-id"))
        }
        (None, Some(_)) => {
            Err(repository.refuse("github-app-installation-id", "is not offered; use oauth-token-id instead"))
        }
        (None, None) => Ok(None),
    }
}

/// `tags: false` without a branch is what provider-tfe sends for modules made from tags.
pub(super) fn check_branch(repository: &Attributes) -> Result<(), JsonApiError> {
    let tags = repository.optional_bool("tags")?;
    match (repository.non_empty_string("branch")?, tags) {
        (None, _) => Ok(()),
        (Some(_), Some(true)) => Err(repository.refuse("tags", "must not be true together with a branch")),
        (Some(_), _) => Err(repository.refuse("branch", "must be empty: branch-based modules are not offered yet")),
    }
}

/// `""` is the top of the repository.
pub(super) fn source_directory(repository: &Attributes) -> Result<Option<SourceDirectory>, JsonApiError> {
    let text = repository.optional_string("source-directory")?;
    text.map(|text| text.parse().map_err(|error| repository.at("source-directory", error))).transpose()
}

pub(super) fn display_identifier(repository: &Attributes) -> Result<Option<String>, JsonApiError> {
    let given = match repository.non_empty_string("display-identifier")? {
        Some(given) => Some(given),
        // As some published samples spell it.
        None => repository.non_empty_string("display_identifier")?,
    };
    Ok(given.map(str::to_owned))
}

/// What stands before the version in a tag; `""` is nothing.
pub(super) fn tag_prefix(repository: &Attributes) -> Result<Option<String>, JsonApiError> {
    let prefix = repository.optional_string("tag-prefix")?;
    if prefix.is_some_and(|prefix| prefix.len() > LONGEST_PREFIX || prefix.contains(char::is_whitespace)) {
        return Err(repository.refuse("tag-prefix", "must be at most 128 bytes, without spaces"));
    }
    Ok(prefix.map(str::to_owned))
}
