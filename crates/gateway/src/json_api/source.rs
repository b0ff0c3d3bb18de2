//! What every API says alike about the source of a module.

use domain::{ModuleName, Provider, RepositoryName, SourceDirectory};
use service_kit::JsonApiError;
use vcs_hosts::Identifier;

use super::attributes::Attributes;

const LONGEST_PREFIX: usize = 128;

/// Given, or read from the name of the directory in the repository if there is one, else from that of the repository.
pub(crate) fn name_and_provider(
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

/// What stands before the version in a tag; `""` is nothing.
pub(crate) fn tag_prefix(repository: &Attributes) -> Result<Option<String>, JsonApiError> {
    let prefix = repository.optional_string("tag-prefix")?;
    if prefix.is_some_and(|prefix| prefix.len() > LONGEST_PREFIX || prefix.contains(char::is_whitespace)) {
        return Err(repository.refuse("tag-prefix", "must be at most 128 bytes, without spaces"));
    }
    Ok(prefix.map(str::to_owned))
}
