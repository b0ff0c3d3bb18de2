//! What a path names. Anything that cannot be a name is a module that does not exist.

use actix_web::HttpRequest;
use domain::{Action, Error, ModuleName, Namespace, Principal, Provider, Version};
use store::{
    Connection,
    modules::{self, Module},
};

/// `{namespace}/{name}/{provider}`; the namespace may also be an id.
#[derive(Debug)]
pub(super) struct ModulePath {
    pub(super) namespace: Namespace,
    pub(super) name: ModuleName,
    pub(super) provider: Provider,
}

/// `{namespace}/{name}/{provider}/{version}`
#[derive(Debug)]
pub(super) struct VersionPath {
    pub(super) module: ModulePath,
    /// In normal form, whatever the client wrote.
    pub(super) version: Version,
}

impl ModulePath {
    pub(super) fn read(request: &HttpRequest) -> Result<Self, Error> {
        let (namespace, name, provider) = segments::<(String, String, String)>(request)?;
        Self::parse(&namespace, &name, &provider).ok_or_else(missing)
    }

    fn parse(namespace: &str, name: &str, provider: &str) -> Option<Self> {
        Some(Self { namespace: namespace.parse().ok()?, name: name.parse().ok()?, provider: provider.parse().ok()? })
    }

    /// The module of this address, if the caller may see it.
    pub(super) fn load(&self, session: &mut Connection, caller: &Principal) -> Result<Module, Error> {
        modules::find(session, self.namespace.as_str(), &self.name, &self.provider)?
            .filter(|module| caller.may(Action::Install, &module.scope_id))
            .ok_or_else(missing)
    }
}

impl VersionPath {
    pub(super) fn read(request: &HttpRequest) -> Result<Self, Error> {
        let (namespace, name, provider, version) = segments::<(String, String, String, String)>(request)?;
        let module = ModulePath::parse(&namespace, &name, &provider).ok_or_else(missing)?;
        let version = Version::parse_lenient(&version).map_err(|_| missing())?;
        Ok(Self { module, version })
    }
}

/// `{namespace}` alone.
pub(super) fn namespace(request: &HttpRequest) -> Result<Namespace, Error> {
    segments::<String>(request)?.parse().map_err(|_| missing())
}

/// `{namespace}/{name}`
pub(super) fn namespace_and_name(request: &HttpRequest) -> Result<(Namespace, ModuleName), Error> {
    let (namespace, name) = segments::<(String, String)>(request)?;
    namespace.parse().ok().zip(name.parse().ok()).ok_or_else(missing)
}

/// One failure for whatever is not there, so that nobody can tell why.
pub(super) fn missing() -> Error {
    Error::not_found("Module")
}

fn segments<T: serde::de::DeserializeOwned>(request: &HttpRequest) -> Result<T, Error> {
    request.match_info().load().map_err(|_| missing())
}
