//! What a module says about itself. Stored and served as JSON: changing a field here is a migration of stored data.

use serde::{Deserialize, Serialize};

/// Which directory of a package a [`Part`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartKind {
    /// The directory that `source = "…"` without `//` installs.
    Root,
    /// A directory under `modules/`, at any depth.
    Submodule,
    /// A directory under `examples/`.
    Example,
}

/// One documented directory of a package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub kind: PartKind,
    /// Relative to the root of the module; empty for the root itself.
    pub path: String,
    pub docs: ModuleDocs,
    /// The README as it stands, at most 1 MiB, cut at a character; `None` if there is none.
    pub readme: Option<String>,
}

/// The interface of one directory, read from its configuration files without evaluating anything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ModuleDocs {
    /// True when the directory holds no configuration file at all.
    pub empty: bool,
    pub inputs: Vec<Input>,
    pub outputs: Vec<Output>,
    pub resources: Vec<Resource>,
    pub module_calls: Vec<ModuleCall>,
    pub required_providers: Vec<ProviderRequirement>,
    /// Every `required_version`, as written.
    pub required_core: Vec<String>,
    pub diagnostics: Vec<Diagnostic>,
}

/// A `variable` block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    pub name: String,
    /// The source text of the type expression; empty if none is written.
    #[serde(rename = "type")]
    pub type_expr: String,
    pub description: String,
    /// The default as JSON text (`"\"a\""`, `"[]"`, `"null"`), or its source text where it is no literal; `None` without a default.
    pub default: Option<String>,
    /// No default is written.
    pub required: bool,
    pub sensitive: bool,
    pub nullable: bool,
    pub ephemeral: bool,
    pub deprecated: Option<String>,
    pub file: String,
    pub line: u32,
}

/// An `output` block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Output {
    pub name: String,
    pub description: String,
    /// The source text of the expression; `None` if none is written, or if the reader was older than this member.
    #[serde(default)]
    pub value: Option<String>,
    pub sensitive: bool,
    pub ephemeral: bool,
    pub deprecated: Option<String>,
    pub file: String,
    pub line: u32,
}

/// `resource`, `data` or `ephemeral`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResourceMode {
    Managed,
    Data,
    Ephemeral,
}

/// A resource of any mode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    pub mode: ResourceMode,
    #[serde(rename = "type")]
    pub type_name: String,
    pub name: String,
    /// Local name of the provider: the explicit `provider` argument, else the type up to its first `_`.
    pub provider: String,
    pub file: String,
    pub line: u32,
}

/// A `module` block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModuleCall {
    pub name: String,
    /// The literal, or the source text where it is an expression.
    pub source: String,
    /// False when `source` is an expression and so cannot be followed.
    pub source_is_literal: bool,
    /// Empty if none is written.
    pub version: String,
    pub file: String,
    pub line: u32,
}

/// One provider that the directory needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProviderRequirement {
    /// Local name.
    pub name: String,
    /// `hashicorp` where the source names none.
    pub namespace: String,
    /// As written, or `namespace/name` where none is.
    pub source: String,
    /// All constraints joined with `, `; empty if none is written.
    pub version: String,
    /// Not declared, but used by a resource.
    pub implied: bool,
}

/// How bad a [`Diagnostic`] is. Neither keeps a release from being published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
}

/// Something in the files that could not be read, or that is probably not meant so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnostic {
    pub severity: Severity,
    pub summary: String,
    /// Path in the package; empty when it is about no single file.
    pub file: String,
    /// From 1; 0 when it is about the whole file.
    pub line: u32,
}
