//! What a request to change a module asks for (wire-spec 6.4.3), checked. Liberal: a provider tries again for minutes
//! what is refused, so what asks for nothing is let pass.

use domain::{Id, SourceDirectory, kinds};
use serde_json::Value;
use service_kit::JsonApiError;
use vcs_hosts::Identifier;

use crate::tfe::{attributes::Attributes, module_source, tag_bindings};

/// Absent parts stay as they are.
pub(super) struct Changes {
    pub(super) no_code: Option<bool>,
    pub(super) source: Option<SourceChanges>,
    /// Key and value of each.
    pub(super) tags: Option<Vec<(String, String)>>,
}

/// What `vcs-repo` names.
#[derive(Default, PartialEq, Eq)]
pub(super) struct SourceChanges {
    pub(super) connection: Option<Id<kinds::Connection>>,
    /// As the client names it, if it does.
    pub(super) organization: Option<String>,
    pub(super) identifier: Option<Identifier>,
    pub(super) display_identifier: Option<String>,
    pub(super) source_directory: Option<SourceDirectory>,
    pub(super) tag_prefix: Option<String>,
}

impl Changes {
    pub(super) fn parse(attributes: &Attributes, relationships: &Attributes) -> Result<Self, JsonApiError> {
        let source = attributes.optional_object("vcs-repo")?.map(|repository| SourceChanges::parse(&repository));
        check_tests(attributes)?;
        Ok(Self {
            no_code: attributes.optional_bool("no-code")?,
            source: source.transpose()?.filter(|source| *source != SourceChanges::default()),
            tags: tag_bindings::parse(relationships)?,
        })
    }
}

impl SourceChanges {
    fn parse(repository: &Attributes) -> Result<Self, JsonApiError> {
        module_source::check_branch(repository)?;
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
        })
    }
}

/// Tests run for modules made from a branch only. A configuration that is as good as none is let pass.
fn check_tests(attributes: &Attributes) -> Result<(), JsonApiError> {
    let Some(tests) = attributes.optional_object("test-config")? else { return Ok(()) };
    let is_nothing = |(name, value): (&String, &Value)| match value {
        Value::Bool(value) => !value,
        Value::String(text) => text.is_empty() || (name == "agent-execution-mode" && text == "remote"),
        _ => false,
    };
    if tests.given().all(is_nothing) {
        return Ok(());
    }
    Err(attributes.refuse("test-config", "must be absent: tests are not run for this module"))
}
