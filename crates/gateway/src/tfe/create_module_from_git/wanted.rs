//! What a request to make a module from Git asks for (wire-spec 6.4.2), checked.

use domain::{Id, ModuleName, Provider, RepositoryName, SourceDirectory, kinds};
use service_kit::JsonApiError;
use vcs_hosts::Identifier;

use crate::tfe::{attributes::Attributes, module_source};

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
        let source_directory = module_source::source_directory(&repository)?.unwrap_or_default();
        let (name, provider) = name_and_provider(attributes, &identifier, &source_directory)?;
        module_source::check_branch(&repository)?;
        let connection = module_source::connection(&repository)?;
        let display_identifier = module_source::display_identifier(&repository)?;
        Ok(Self {
            name,
            provider,
            no_code: attributes.optional_bool("no-code")?.unwrap_or_default(),
            connection: connection.ok_or_else(|| repository.refuse("oauth-token-id", "must be given"))?,
            organization: repository.non_empty_string("organization-name")?.map(str::to_owned),
            display_identifier: display_identifier.unwrap_or_else(|| identifier.as_str().to_owned()),
            tag_prefix: module_source::tag_prefix(&repository)?.unwrap_or_default(),
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
