//! A module with all that its resource shows, for one or for many in as many queries.

use std::collections::HashMap;

use domain::{Error, Version};
use store::{
    Connection,
    connections::Connection as HostConnection,
    modules::Module,
    repositories::{self, Repository},
    tag_bindings::{self, TagBinding},
    versions::{self, VersionState},
};

pub(crate) struct FullModule {
    pub(crate) module: Module,
    /// Newest first.
    pub(crate) versions: Vec<VersionState>,
    /// Of those versions that have any.
    pub(crate) version_tags: HashMap<Version, Vec<TagBinding>>,
    /// For modules from Git.
    pub(crate) source: Option<(Repository, HostConnection)>,
}

impl FullModule {
    /// `module` and what belongs to it.
    pub(crate) fn load(session: &mut Connection, module: Module) -> Result<Self, Error> {
        let all = Self::load_all(session, vec![module])?;
        all.into_iter().next().ok_or_else(|| Error::internal("reading a module", "one came in and none came out"))
    }

    /// The same for each of `modules`, in their order.
    pub(crate) fn load_all(session: &mut Connection, modules: Vec<Module>) -> Result<Vec<Self>, Error> {
        let ids: Vec<String> = modules.iter().map(|module| module.id.to_string()).collect();
        let mut versions = versions::list_states(session, &ids)?;
        let mut version_tags = tag_bindings::list_of_versions(session, &ids)?;
        let sources = list_sources(session, &modules)?;
        let complete = |module: Module| Self {
            versions: versions.remove(module.id.as_str()).unwrap_or_default(),
            version_tags: version_tags.remove(module.id.as_str()).unwrap_or_default(),
            source: module.repository_id.as_ref().and_then(|id| sources.get(id).cloned()),
            module,
        };
        Ok(modules.into_iter().map(complete).collect())
    }

    /// Where one module comes from; `None` if nowhere, or nowhere any more.
    pub(crate) fn load_source(
        session: &mut Connection,
        module: &Module,
    ) -> Result<Option<(Repository, HostConnection)>, Error> {
        Ok(list_sources(session, std::slice::from_ref(module))?.into_values().next())
    }
}

/// By the id of the repository.
fn list_sources(
    session: &mut Connection,
    modules: &[Module],
) -> Result<HashMap<String, (Repository, HostConnection)>, Error> {
    let ids: Vec<String> = modules.iter().filter_map(|module| module.repository_id.clone()).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = repositories::list_with_connections(session, &ids)?;
    Ok(found.into_iter().map(|source| (source.0.id.to_string(), source)).collect())
}
