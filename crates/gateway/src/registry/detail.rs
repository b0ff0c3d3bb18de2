//! A version with its documentation, as clients read it (wire-spec 4.2).

use domain::{Error, Input, ModuleCall, ModuleDocs, Output, ProviderRequirement, Resource, ResourceMode};
use serde::Serialize;
use store::{documents::StoredPart, versions::Warning};

use super::list_item::ListItem;

/// Every list is there, also when it is empty.
#[derive(Debug, Serialize)]
pub(super) struct Detail {
    #[serde(flatten)]
    head: ListItem,
    #[serde(flatten)]
    parts: Parts,
    providers: Vec<String>,
    versions: Vec<String>,
    deprecation: Option<Deprecation>,
}

#[derive(Debug, Serialize)]
struct Deprecation {
    reason: String,
    link: String,
}

/// The directories of a version.
#[derive(Debug, Serialize)]
pub(super) struct Parts {
    root: PartView,
    submodules: Vec<PartView>,
    examples: Vec<PartView>,
}

#[derive(Debug, Serialize)]
struct PartView {
    path: String,
    name: String,
    readme: String,
    empty: bool,
    inputs: Vec<InputView>,
    outputs: Vec<OutputView>,
    dependencies: Vec<DependencyView>,
    provider_dependencies: Vec<ProviderView>,
    resources: Vec<ResourceView>,
}

#[derive(Debug, Serialize)]
struct InputView {
    name: String,
    r#type: String,
    description: String,
    /// The text of an expression, also where it is no string.
    default: String,
    required: bool,
}

#[derive(Debug, Serialize)]
struct OutputView {
    name: String,
    description: String,
}

#[derive(Debug, Serialize)]
struct DependencyView {
    name: String,
    source: String,
    version: String,
}

#[derive(Debug, Serialize)]
struct ProviderView {
    name: String,
    namespace: String,
    source: String,
    version: String,
}

#[derive(Debug, Serialize)]
struct ResourceView {
    name: String,
    r#type: String,
}

impl Detail {
    pub(super) fn new(head: ListItem, parts: Parts, providers: Vec<String>, versions: Vec<String>) -> Self {
        Self { head, parts, providers, versions, deprecation: None }
    }

    /// Says that the version is deprecated, if it is.
    pub(super) fn with_deprecation(self, warning: Option<Warning>) -> Self {
        let deprecation = warning.map(|Warning { text, link }| Deprecation { reason: text, link });
        Self { deprecation, ..self }
    }
}

impl Parts {
    /// The root is called after the module. A version without one has an empty one.
    pub(super) fn read(module: &str, stored: Vec<StoredPart>) -> Result<Self, Error> {
        let root_docs = ModuleDocs { empty: true, ..ModuleDocs::default() };
        let root = PartView::new(String::new(), module.to_owned(), root_docs, None);
        let mut parts = Self { root, submodules: Vec::new(), examples: Vec::new() };
        for part in stored {
            let docs: ModuleDocs = serde_json::from_str(&part.docs)
                .map_err(|source| Error::internal("reading the documentation of a version", source))?;
            let last = part.path.rsplit('/').next().unwrap_or_default().to_owned();
            match part.kind.as_str() {
                "root" => parts.root = PartView::new(String::new(), module.to_owned(), docs, part.readme),
                "submodule" => parts.submodules.push(PartView::new(part.path, last, docs, part.readme)),
                _ => parts.examples.push(PartView::new(part.path, last, docs, part.readme)),
            }
        }
        Ok(parts)
    }
}

impl PartView {
    fn new(path: String, name: String, docs: ModuleDocs, readme: Option<String>) -> Self {
        let managed = docs.resources.into_iter().filter(|resource| resource.mode == ResourceMode::Managed);
        Self {
            path,
            name,
            readme: readme.unwrap_or_default(),
            empty: docs.empty,
            inputs: docs.inputs.into_iter().map(InputView::from).collect(),
            outputs: docs.outputs.into_iter().map(OutputView::from).collect(),
            dependencies: docs.module_calls.into_iter().map(DependencyView::from).collect(),
            provider_dependencies: docs.required_providers.into_iter().map(ProviderView::from).collect(),
            resources: managed.map(ResourceView::from).collect(),
        }
    }
}

impl From<Input> for InputView {
    fn from(input: Input) -> Self {
        Self {
            name: input.name,
            r#type: input.type_expr,
            description: input.description,
            default: input.default.unwrap_or_default(),
            required: input.required,
        }
    }
}

impl From<Output> for OutputView {
    fn from(output: Output) -> Self {
        Self { name: output.name, description: output.description }
    }
}

impl From<ModuleCall> for DependencyView {
    fn from(call: ModuleCall) -> Self {
        Self { name: call.name, source: call.source, version: call.version }
    }
}

impl From<ProviderRequirement> for ProviderView {
    fn from(required: ProviderRequirement) -> Self {
        Self { name: required.name, namespace: required.namespace, source: required.source, version: required.version }
    }
}

impl From<Resource> for ResourceView {
    fn from(resource: Resource) -> Self {
        Self { name: resource.name, r#type: resource.type_name }
    }
}
