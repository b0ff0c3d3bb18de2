//! A module with all that its resource shows, for one or for many in three queries.

use std::collections::HashMap;

use domain::Error;
use store::{
    Connection,
    connections::Connection as HostConnection,
    modules::Module,
    repositories::{self, Repository},
    versions::{self, ModuleVersion},
};

pub(super) struct FullModule {
    pub(super) module: Module,
    /// Newest first.
    pub(super) versions: Vec<ModuleVersion>,
    /// For modules from Git.
    pub(super) source: Option<(Repository, HostConnection)>,
}

impl FullModule {
    /// `module` and what belongs to it.
    pub(super) fn load(session: &mut Connection, module: Module) -> Result<Self, Error> {
        let versions = versions::list(session, module.id.as_str())?;
        let repository = module.repository_id.as_slice();
        let source = repositories::list_with_connections(session, repository)?.into_iter().next();
        Ok(Self { module, versions, source })
    }

    /// The same for each of `modules`, in their order.
    pub(super) fn load_all(session: &mut Connection, modules: Vec<Module>) -> Result<Vec<Self>, Error> {
        let ids: Vec<String> = modules.iter().map(|module| module.id.to_string()).collect();
        let mut versions: HashMap<String, Vec<ModuleVersion>> = HashMap::new();
        for version in versions::list_of_modules(session, &ids)? {
            versions.entry(version.module_id.clone()).or_default().push(version);
        }
        let repositories: Vec<String> = modules.iter().filter_map(|module| module.repository_id.clone()).collect();
        let sources: HashMap<String, (Repository, HostConnection)> =
            repositories::list_with_connections(session, &repositories)?
                .into_iter()
                .map(|source| (source.0.id.to_string(), source))
                .collect();
        let complete = |module: Module| Self {
            versions: versions.remove(module.id.as_str()).unwrap_or_default(),
            source: module.repository_id.as_ref().and_then(|id| sources.get(id).cloned()),
            module,
        };
        Ok(modules.into_iter().map(complete).collect())
    }
}
