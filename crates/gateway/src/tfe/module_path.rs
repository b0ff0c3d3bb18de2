//! What a path says about a module, new form and old.

use domain::{Error, ModuleName, Provider, Version};
use serde::Deserialize;
use store::{
    Connection,
    modules::{self, Module},
    scopes::Scope,
    versions::{self, ModuleVersion},
};

/// The decoded segments, not checked yet: who asks comes first. The old forms have no registry and no namespace.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct ModulePath {
    #[serde(default)]
    registry: Option<String>,
    #[serde(default)]
    namespace: Option<String>,
    name: String,
    #[serde(default)]
    provider: Option<String>,
    #[serde(default)]
    version: Option<String>,
}

impl ModulePath {
    /// The one module that is named; what is no name names nothing.
    pub(super) fn load_module(&self, session: &mut Connection, scope: &Scope) -> Result<Module, Error> {
        let provider: Provider = named(self.provider.as_deref().unwrap_or_default())?;
        let found = modules::find(session, self.namespace(scope)?, &self.name()?, &provider)?;
        found.filter(|module| module.scope_id == scope.id).ok_or_else(missing)
    }

    /// The module, or without a provider those of all providers; at least one.
    pub(super) fn load_modules(&self, session: &mut Connection, scope: &Scope) -> Result<Vec<Module>, Error> {
        if self.provider.is_some() {
            return Ok(vec![self.load_module(session, scope)?]);
        }
        let mut found = modules::list_by_name(session, self.namespace(scope)?, &self.name()?)?;
        found.retain(|module| module.scope_id == scope.id);
        if found.is_empty() { Err(missing()) } else { Ok(found) }
    }

    /// The one version that is named, and its module.
    pub(super) fn load_version(
        &self,
        session: &mut Connection,
        scope: &Scope,
    ) -> Result<(Module, ModuleVersion), Error> {
        let module = self.load_module(session, scope)?;
        let version = versions::find(session, module.id.as_str(), &self.version()?)?;
        Ok((module, version.ok_or_else(|| Error::not_found("Module version"))?))
    }

    /// The version that is named, in normal form.
    pub(super) fn version(&self) -> Result<Version, Error> {
        Version::parse_lenient(self.version.as_deref().unwrap_or_default())
            .map_err(|_| Error::not_found("Module version"))
    }

    fn name(&self) -> Result<ModuleName, Error> {
        named(&self.name)
    }

    /// In the old forms that of the organization.
    fn namespace<'a>(&'a self, scope: &'a Scope) -> Result<&'a str, Error> {
        if self.registry.as_deref().is_some_and(|registry| registry != "private") {
            return Err(missing());
        }
        Ok(self.namespace.as_deref().unwrap_or(scope.id.as_str()))
    }
}

fn named<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| missing())
}

fn missing() -> Error {
    Error::not_found("Module")
}
