//! Versions of one module with what their resources show, and with what was asked for along.

use std::collections::BTreeMap;

use domain::{Error, Principal};
use serde_json::Value;
use service_kit::JsonApiError;
use store::{
    Connection,
    documents::{self, StoredPart},
    modules::Module,
    versions::ModuleVersion,
};

use super::{
    document::Included,
    module_set::{ModuleSet, Wishes},
    revision_view,
    version_view::VersionView,
};
use crate::{json_api::query::Query, state::Config};

const MODULE: [&str; 2] = ["module", "registry-module"];
const REVISION: &str = "vcs-revision";

/// Whether a query asks for something along; 400 for anything that cannot be asked for.
pub(super) fn check_includes(query: &Query) -> Result<(), JsonApiError> {
    query.check_includes(&[MODULE[0], MODULE[1], REVISION])
}

pub(super) struct VersionSet {
    module: ModuleSet,
    versions: Vec<ModuleVersion>,
    roots: BTreeMap<String, StoredPart>,
    now: i64,
}

impl VersionSet {
    pub(super) fn load(
        session: &mut Connection,
        caller: &Principal,
        module: Module,
        versions: Vec<ModuleVersion>,
    ) -> Result<Self, Error> {
        let ids: Vec<String> = versions.iter().map(|version| version.id.to_string()).collect();
        let roots = documents::list_roots(session, &ids)?;
        let module = ModuleSet::load(session, caller, vec![module], Wishes::default())?;
        Ok(Self { module, versions, roots, now: store::now(session)? })
    }

    pub(super) fn resources(&self, config: &Config) -> Result<Vec<Value>, Error> {
        let Some(full) = self.module.modules.first() else { return Ok(Vec::new()) };
        let view = VersionView { config, module: &full.module, roots: &self.roots, now: self.now };
        self.versions.iter().map(|version| view.resource(version)).collect()
    }

    /// What the query asks for along.
    pub(super) fn included(
        &self,
        query: &Query,
        config: &Config,
        principal: &Principal,
    ) -> Result<Option<Vec<Value>>, Error> {
        let mut included = Included::default();
        let wants_module = MODULE.iter().any(|name| query.wants(name));
        if wants_module {
            self.module.resources(config, principal)?.into_iter().for_each(|module| included.add(module));
        }
        let wants_revisions = query.wants(REVISION);
        if let Some(full) = self.module.modules.first().filter(|_| wants_revisions) {
            let revisions = self.versions.iter().filter_map(|it| revision_view::resource(it, full.source.as_ref()));
            revisions.for_each(|revision| included.add(revision));
        }
        Ok(included.finish(wants_module || wants_revisions))
    }
}
