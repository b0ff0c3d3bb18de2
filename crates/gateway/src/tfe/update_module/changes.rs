//! What a request to change a module asks for (wire-spec 6.4.3), checked. Liberal: a provider tries again for minutes
//! what is refused, so what asks for nothing is let pass.

use domain::{SourceDirectory, VanishedTags};
use service_kit::JsonApiError;
use vcs_hosts::Identifier;

use crate::tfe::{
    attributes::Attributes,
    module_source::{self, NamedConnection, Origin},
    tag_bindings,
    test_config::TestConfig,
};

/// Absent parts stay as they are.
pub(super) struct Changes {
    pub(super) no_code: Option<bool>,
    pub(super) source: Option<SourceChanges>,
    pub(super) vanished_tags: Option<VanishedTags>,
    pub(super) submodules: Option<bool>,
    pub(super) tests: Option<TestConfig>,
    /// Key and value of each.
    pub(super) tags: Option<Vec<(String, String)>>,
}

/// What `vcs-repo` names.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct SourceChanges {
    pub(super) connection: Option<NamedConnection>,
    /// As the client names it, if it does.
    pub(super) organization: Option<String>,
    pub(super) identifier: Option<Identifier>,
    pub(super) display_identifier: Option<String>,
    pub(super) source_directory: Option<SourceDirectory>,
    pub(super) tag_prefix: Option<String>,
    pub(super) origin: Option<Origin>,
}

impl Changes {
    pub(super) fn parse(attributes: &Attributes, relationships: &Attributes) -> Result<Self, JsonApiError> {
        let repository = attributes.optional_object("vcs-repo")?;
        let source = repository.as_ref().map(SourceChanges::parse);
        let submodules = match &repository {
            Some(repository) => repository.optional_bool(module_source::SUBMODULES)?,
            None => None,
        };
        let vanished_tags = repository.as_ref().map(module_source::vanished_tags).transpose()?.flatten();
        Ok(Self {
            no_code: attributes.optional_bool("no-code")?,
            source: source.transpose()?.filter(|source| *source != SourceChanges::default()),
            vanished_tags,
            submodules,
            tests: TestConfig::parse(attributes)?,
            tags: tag_bindings::parse(relationships)?,
        })
    }
}

impl SourceChanges {
    /// Whether it may be about another repository or branch, of which the host can tell whether it is there.
    pub(super) fn is_for_host(&self) -> bool {
        self.connection.is_some() || self.identifier.is_some() || matches!(self.origin, Some(Origin::Branch(_)))
    }

    /// Nothing but that versions come from tags, which is as it was for most modules.
    pub(super) fn is_only_tags(&self) -> bool {
        *self == Self { origin: Some(Origin::Tags), ..Self::default() }
    }

    fn parse(repository: &Attributes) -> Result<Self, JsonApiError> {
        let origin = module_source::origin(repository)?;
        let identifier = match repository.non_empty_string("identifier")? {
            Some(_) => Some(repository.required("identifier")?),
            None => None,
        };
        Ok(Self {
            connection: module_source::connection(repository)?,
            organization: repository.non_empty_string("organization-name")?.map(str::to_owned),
            identifier,
            display_identifier: module_source::display_identifier(repository)?,
            source_directory: module_source::source_directory(repository)?,
            tag_prefix: module_source::tag_prefix(repository)?,
            origin,
        })
    }
}
