//! What one file declares, before it is merged with the other files of its directory. What a file does not say is
//! `None`, so that an override file changes only what it writes.

use domain::ResourceMode;

use crate::decode::Text;
use crate::problems::Problems;

/// Everything one file says; depends on its bytes and its syntax only.
#[derive(Debug, Default)]
pub(crate) struct FileFacts {
    /// Something of it could be read.
    pub(crate) readable: bool,
    pub(crate) variables: Vec<Declared<Variable>>,
    pub(crate) outputs: Vec<Declared<Output>>,
    pub(crate) resources: Vec<Declared<Resource>>,
    pub(crate) calls: Vec<Declared<Call>>,
    pub(crate) required_core: Vec<String>,
    pub(crate) required_providers: Vec<Declared<Requirement>>,
    /// `provider` blocks: the name, and the version that 0.11 wrote there.
    pub(crate) providers: Vec<(String, Option<String>)>,
    pub(crate) problems: Problems,
}

impl FileFacts {
    /// How many records it holds.
    pub(crate) fn len(&self) -> usize {
        let named = self.variables.len() + self.outputs.len() + self.resources.len() + self.calls.len();
        named
            + self.required_core.len()
            + self.required_providers.len()
            + self.providers.len()
            + self.problems.kept.len()
    }
}

/// A declaration and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Declared<T> {
    /// What makes it unique among its kind, as a user would write it.
    pub(crate) key: String,
    pub(crate) line: u32,
    pub(crate) says: T,
}

/// A declaration that an override file can change.
pub(crate) trait Overlay {
    /// For messages.
    const KIND: &'static str;

    /// Takes over what `over` says.
    fn overlay(&mut self, over: &Self);
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Variable {
    pub(crate) type_expr: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) default: Option<String>,
    pub(crate) sensitive: Option<bool>,
    pub(crate) nullable: Option<bool>,
    pub(crate) ephemeral: Option<bool>,
    pub(crate) deprecated: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Output {
    pub(crate) description: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) sensitive: Option<bool>,
    pub(crate) ephemeral: Option<bool>,
    pub(crate) deprecated: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Resource {
    pub(crate) mode: ResourceMode,
    pub(crate) type_name: String,
    pub(crate) name: String,
    /// Local name in the explicit `provider` argument.
    pub(crate) provider: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Call {
    pub(crate) source: Option<Text>,
    pub(crate) version: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Requirement {
    pub(crate) source: Option<String>,
    pub(crate) version: Option<String>,
}

impl Overlay for Variable {
    const KIND: &'static str = "variable";

    fn overlay(&mut self, over: &Self) {
        replace(&mut self.type_expr, &over.type_expr);
        replace(&mut self.description, &over.description);
        replace(&mut self.default, &over.default);
        replace(&mut self.sensitive, &over.sensitive);
        replace(&mut self.nullable, &over.nullable);
        replace(&mut self.ephemeral, &over.ephemeral);
        replace(&mut self.deprecated, &over.deprecated);
    }
}

impl Overlay for Output {
    const KIND: &'static str = "output";

    fn overlay(&mut self, over: &Self) {
        replace(&mut self.description, &over.description);
        replace(&mut self.sensitive, &over.sensitive);
        replace(&mut self.ephemeral, &over.ephemeral);
        replace(&mut self.deprecated, &over.deprecated);
    }
}

impl Overlay for Resource {
    const KIND: &'static str = "resource";

    fn overlay(&mut self, over: &Self) {
        replace(&mut self.provider, &over.provider);
    }
}

impl Overlay for Call {
    const KIND: &'static str = "module";

    fn overlay(&mut self, over: &Self) {
        replace(&mut self.source, &over.source);
        replace(&mut self.version, &over.version);
    }
}

fn replace<T: Clone>(old: &mut Option<T>, new: &Option<T>) {
    if new.is_some() {
        old.clone_from(new);
    }
}
