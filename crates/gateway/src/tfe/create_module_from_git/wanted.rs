//! What a request to make a module from Git asks for (wire-spec 6.4.2), checked.

use domain::{Id, ModuleName, Provider, RepositoryName, SourceDirectory, kinds};
use service_kit::JsonApiError;
use vcs_hosts::Identifier;

use crate::tfe::attributes::Attributes;

const LONGEST_PREFIX: usize = 128;

pub(super) struct Wanted {
    pub(super) name: ModuleName,
    pub(super) provider: Provider,
    pub(super) no_code: bool,
    pub(super) connection: Id<kinds::Connection>,
    /// As the client names it, if it does.
    pub(super) organization: Option<String>,
    pub(super) identifier: Identifier,
    pub(super) display_identifier: String,
    pub(super) source_directory: SourceDirectory,
    pub(super) tag_prefix: String,
}

impl Wanted {
    pub(super) fn parse(attributes: &Attributes) -> Result<Self, JsonApiError> {
        let repository = attributes.required_object("vcs-repo")?;
        let identifier: Identifier = repository.required("identifier")?;
        let source_directory = source_directory(&repository)?;
        let (name, provider) = name_and_provider(attributes, &identifier, &source_directory)?;
        check_branch(&repository)?;
        Ok(Self {
            name,
            provider,
            no_code: attributes.optional_bool("no-code")?.unwrap_or_default(),
            connection: connection(&repository)?,
            organization: repository.non_empty_string("organization-name")?.map(str::to_owned),
            display_identifier: display_identifier(&repository, &identifier)?,
            tag_prefix: tag_prefix(&repository)?,
            identifier,
            source_directory,
        })
    }
}

/// Given, or read from the name of the directory in the repository if there is one, else from that of the repository.
fn name_and_provider(
    attributes: &Attributes,
    identifier: &Identifier,
    directory: &SourceDirectory,
) -> Result<(ModuleName, Provider), JsonApiError> {
    let place = if directory.as_str().is_empty() { identifier.repository() } else { directory.as_str() };
    let conventional = RepositoryName::find(place);
    let missing = |attribute| {
        attributes.refuse(attribute, "must be given, because the source is not called terraform-<PROVIDER>-<NAME>")
    };
    let name = match (attributes.non_empty_string("name")?, &conventional) {
        (Some(_), _) => attributes.required("name")?,
        (None, Some(found)) => found.name.clone(),
        (None, None) => return Err(missing("name")),
    };
    let provider = match (attributes.non_empty_string("provider")?, conventional) {
        (Some(_), _) => attributes.required("provider")?,
        (None, Some(found)) => found.provider,
        (None, None) => return Err(missing("provider")),
    };
    Ok((name, provider))
}

/// The connection behind the token: they differ only in the prefix.
fn connection(repository: &Attributes) -> Result<Id<kinds::Connection>, JsonApiError> {
    let token = repository.non_empty_string("oauth-token-id")?;
    let installation = repository.non_empty_string("github-app-installation-id")?;
    match (token, installation) {
        (Some(token), None) => Ok(token.parse::<Id<kinds::ConnectionToken>>()?.face()),
        (Some(_), Some(_)) => {
            Err(repository.refuse("github-app-installation-id", "must not be given together with oauth-token-id"))
        }
        (None, Some(_)) => {
            Err(repository.refuse("github-app-installation-id", "is not offered; use oauth-token-id instead"))
        }
        (None, None) => Err(repository.refuse("oauth-token-id", "must be given")),
    }
}

/// `tags: false` without a branch is what provider-tfe sends for modules made from tags.
fn check_branch(repository: &Attributes) -> Result<(), JsonApiError> {
    let tags = repository.optional_bool("tags")?;
    match (repository.non_empty_string("branch")?, tags) {
        (None, _) => Ok(()),
        (Some(_), Some(true)) => Err(repository.refuse("tags", "must not be true together with a branch")),
        (Some(_), _) => Err(repository.refuse("branch", "must be empty: branch-based modules are not offered yet")),
    }
}

fn source_directory(repository: &Attributes) -> Result<SourceDirectory, JsonApiError> {
    let text = repository.optional_string("source-directory")?.unwrap_or_default();
    text.parse().map_err(|error| repository.at("source-directory", error))
}

fn display_identifier(repository: &Attributes, identifier: &Identifier) -> Result<String, JsonApiError> {
    let given = match repository.non_empty_string("display-identifier")? {
        Some(given) => Some(given),
        // As some published samples spell it.
        None => repository.non_empty_string("display_identifier")?,
    };
    Ok(given.unwrap_or(identifier.as_str()).to_owned())
}

fn tag_prefix(repository: &Attributes) -> Result<String, JsonApiError> {
    let prefix = repository.optional_string("tag-prefix")?.unwrap_or_default();
    if prefix.len() > LONGEST_PREFIX || prefix.contains(char::is_whitespace) {
        return Err(repository.refuse("tag-prefix", "must be at most 128 bytes, without spaces"));
    }
    Ok(prefix.to_owned())
}
