//! What `vcs-repo` of a request says (wire-spec 6.4), where making a module and changing one read it alike.

use domain::{Action, BranchName, Error, Id, Principal, SourceDirectory, VanishedTags, kinds};
use service_kit::JsonApiError;
use store::connections::Connection;
use vcs_hosts::HostKind;

use super::attributes::Attributes;
pub(super) use crate::json_api::source::tag_prefix;

/// What becomes of a version whose tag vanished: ours.
pub(super) const POLICY: &str = "vanished-tags";

/// Whether Git submodules are part of its archives. TFE shows it, and sets it elsewhere.
pub(super) const SUBMODULES: &str = "ingress-submodules";

pub(super) const TOKEN: &str = "oauth-token-id";
const INSTALLATION: &str = "github-app-installation-id";

/// A connection as a client names it: by the face of its token, or of an installation if it is a GitHub App.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedConnection {
    pub(super) id: Id<kinds::Connection>,
    by_installation: bool,
}

impl NamedConnection {
    /// Each has one of the faces only, since clients keep what they sent. To be called once it is known that the caller may
    /// know of the connection.
    pub(super) fn check(&self, connection: &Connection) -> Result<(), Error> {
        match (self.by_installation, connection.kind == HostKind::GithubApp.as_str()) {
            (true, true) | (false, false) => Ok(()),
            (true, false) => Err(Error::not_found("GitHub App installation")),
            (false, true) => Err(Error::invalid(TOKEN, format!("names a GitHub App: give its {INSTALLATION} instead"))),
        }
    }
}

/// The connection behind the token or installation: the faces differ only in the prefix.
pub(super) fn connection(repository: &Attributes) -> Result<Option<NamedConnection>, JsonApiError> {
    let token = repository.non_empty_string(TOKEN)?;
    let installation = repository.non_empty_string(INSTALLATION)?;
    let id = match (token, installation) {
        (Some(token), None) => token.parse::<Id<kinds::ConnectionToken>>()?.face(),
        (None, Some(installation)) => installation.parse::<Id<kinds::Installation>>()?.face(),
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(repository.refuse(INSTALLATION, "must not be given together with oauth-token-id"));
        }
    };
    Ok(Some(NamedConnection { id, by_installation: installation.is_some() }))
}

/// What versions are made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Tags,
    Branch(BranchName),
}

/// `None`: not said. `tags: false` without a branch is what provider-tfe sends for modules made from tags.
pub(super) fn origin(repository: &Attributes) -> Result<Option<Origin>, JsonApiError> {
    let tags = repository.optional_bool("tags")?;
    match (repository.non_empty_string("branch")?, tags) {
        (None, Some(true)) => Ok(Some(Origin::Tags)),
        (None, _) => Ok(None),
        (Some(_), Some(true)) => Err(repository.refuse("tags", "must not be true together with a branch")),
        (Some(_), _) => Ok(Some(Origin::Branch(repository.required("branch")?))),
    }
}

/// Of a new module that is made from a branch nothing may be said about tags.
pub(super) fn check_no_tags(repository: &Attributes) -> Result<(), JsonApiError> {
    let reason = "must be absent: versions of this module come from a branch, not from tags";
    if repository.non_empty_string("tag-prefix")?.is_some() {
        return Err(repository.refuse("tag-prefix", reason));
    }
    match vanished_tags(repository)? {
        Some(VanishedTags::Remove) => Err(repository.refuse(POLICY, reason)),
        Some(VanishedTags::Keep) | None => Ok(()),
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

/// Having versions go with their tags is deleting them, which only owners may.
pub(super) fn check_policy(principal: &Principal, scope: &Id<kinds::Scope>, policy: VanishedTags) -> Result<(), Error> {
    if policy == VanishedTags::Keep || principal.may(Action::Own, scope) {
        return Ok(());
    }
    Err(Error::invalid(POLICY, "may be set to remove only by an owner of the organization"))
}

/// What becomes of a version whose tag vanished: ours.
pub(super) fn vanished_tags(repository: &Attributes) -> Result<Option<VanishedTags>, JsonApiError> {
    match repository.non_empty_string(POLICY)? {
        None => Ok(None),
        Some(policy) => {
            let policy = policy.parse().map_err(|_| repository.refuse(POLICY, "must be keep or remove"))?;
            Ok(Some(policy))
        }
    }
}
