//! What a request to publish a module asks for (wire-spec 12.3), checked.

use domain::{ModuleName, Provider, SourceDirectory};
use service_kit::JsonApiError;
use vcs_hosts::Identifier;

use crate::{
    json_api::{
        attributes::Attributes,
        source::{name_and_provider, tag_prefix},
    },
    scalr::{
        account_view, environment_view,
        relations::{self, refuse},
        vcs_provider_view,
    },
};

pub(super) struct Wanted {
    pub(super) name: ModuleName,
    pub(super) provider: Provider,
    /// `None`: that of the repository.
    pub(super) description: Option<String>,
    pub(super) identifier: Identifier,
    pub(super) written_identifier: String,
    pub(super) source_directory: SourceDirectory,
    pub(super) written_directory: Option<String>,
    pub(super) tag_prefix: String,
    /// Ids of this API, as they were written.
    pub(super) vcs_provider: String,
    pub(super) environment: Option<String>,
    pub(super) account: Option<String>,
    pub(super) namespace: Option<String>,
}

impl Wanted {
    pub(super) fn parse(data: &Attributes) -> Result<Self, JsonApiError> {
        let attributes = data.required_object("attributes")?;
        let repository = attributes.required_object("vcs-repo")?;
        let identifier: Identifier = repository.required("identifier")?;
        let written_directory = repository.non_empty_string("path")?;
        let source_directory: SourceDirectory =
            written_directory.unwrap_or_default().parse().map_err(|error| repository.at("path", error))?;
        let is_given = |name| attributes.non_empty_string(name).map(|text| text.is_some());
        match (is_given("name")?, is_given("provider")?) {
            (true, false) => return Err(attributes.refuse("provider", "must be given together with the name")),
            (false, true) => return Err(attributes.refuse("name", "must be given together with the provider")),
            _ => {}
        }
        let (name, provider) = name_and_provider(&attributes, &identifier, &source_directory)?;
        // Some published samples have it beside the attributes.
        let description = match attributes.non_empty_string("description")? {
            Some(description) => Some(description),
            None => data.non_empty_string("description")?,
        };
        let relationships = data.optional_object("relationships")?;
        let related = |name: &str, kind: &str| match &relationships {
            Some(relationships) => relations::to_one(relationships, name, kind).map(relations::Related::id),
            None => Ok(None),
        };
        let environment = related("environment", environment_view::KIND)?;
        let namespace = related("namespace", "module-namespaces")?;
        if environment.is_some() && namespace.is_some() {
            return Err(refuse("namespace", "must not be given together with an environment"));
        }
        Ok(Self {
            name,
            provider,
            description: description.map(str::to_owned),
            written_identifier: repository.required_string("identifier")?.to_owned(),
            identifier,
            source_directory,
            written_directory: written_directory.map(str::to_owned),
            tag_prefix: tag_prefix(&repository)?.unwrap_or_default(),
            vcs_provider: related("vcs-provider", vcs_provider_view::KIND)?
                .ok_or_else(|| refuse("vcs-provider", "must be given"))?,
            environment,
            account: related("account", account_view::KIND)?,
            namespace,
        })
    }
}
