//! What a request to make a module from Git asks for (wire-spec 6.4.2), checked.

use domain::{BranchName, ModuleName, Provider, Publishing, SourceDirectory, VanishedTags, Version};
use service_kit::JsonApiError;
use vcs_hosts::Identifier;

use crate::{
    json_api::{attributes::Attributes, source::name_and_provider},
    tfe::{
        module_source::{self, NamedConnection, Origin},
        test_config::{self, TestConfig},
    },
};

const INITIAL_VERSION: &str = "initial-version";

pub(super) struct Wanted {
    pub(super) name: ModuleName,
    pub(super) provider: Provider,
    pub(super) no_code: bool,
    pub(super) connection: NamedConnection,
    /// As the client names it, if it does.
    pub(super) organization: Option<String>,
    pub(super) identifier: Identifier,
    pub(super) display_identifier: String,
    pub(super) source_directory: SourceDirectory,
    pub(super) tag_prefix: String,
    pub(super) branch: Option<WantedBranch>,
    /// Whether Git submodules are part of its archives.
    pub(super) submodules: bool,
    pub(super) vanished_tags: VanishedTags,
}

/// The branch that its versions are made from.
pub(super) struct WantedBranch {
    pub(super) name: BranchName,
    pub(super) initial_version: Version,
    /// JSON.
    pub(super) test_config: Option<String>,
}

impl Wanted {
    pub(super) fn publishing(&self) -> Publishing {
        if self.branch.is_some() { Publishing::Branch } else { Publishing::Tags }
    }

    pub(super) fn parse(attributes: &Attributes) -> Result<Self, JsonApiError> {
        let repository = attributes.required_object("vcs-repo")?;
        let identifier: Identifier = repository.required("identifier")?;
        let source_directory = module_source::source_directory(&repository)?.unwrap_or_default();
        let (name, provider) = name_and_provider(attributes, &identifier, &source_directory)?;
        let branch = WantedBranch::parse(attributes, &repository)?;
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
            vanished_tags: module_source::vanished_tags(&repository)?.unwrap_or(VanishedTags::Keep),
            branch,
            submodules: repository.optional_bool(module_source::SUBMODULES)?.unwrap_or_default(),
            identifier,
            source_directory,
        })
    }
}

impl WantedBranch {
    fn parse(attributes: &Attributes, repository: &Attributes) -> Result<Option<Self>, JsonApiError> {
        let tests = TestConfig::parse(attributes)?;
        let first = attributes.non_empty_string(INITIAL_VERSION)?;
        let Some(Origin::Branch(name)) = module_source::origin(repository)? else {
            if tests.is_some_and(|tests| !tests.is_default()) {
                return Err(attributes.at(test_config::NAME, test_config::refuse()));
            }
            return Ok(None);
        };
        module_source::check_no_tags(repository)?;
        let initial_version =
            Version::parse_lenient(first.unwrap_or("0.0.0")).map_err(|error| attributes.at(INITIAL_VERSION, error))?;
        Ok(Some(Self { name, initial_version, test_config: tests.map(|tests| tests.onto(None)) }))
    }
}
