//! One module in a list, by its latest version; also the head of its detail (wire-spec 4.1).

use std::collections::BTreeMap;

use domain::Error;
use serde::Serialize;
use store::{
    Connection, connections,
    modules::Module,
    repositories::{self, Repository},
    versions::{self, ModuleVersion},
};

use crate::timestamp::format_millis;

/// No field is ever null.
#[derive(Debug, Serialize)]
pub(super) struct ListItem {
    id: String,
    owner: String,
    namespace: String,
    name: String,
    version: String,
    provider: String,
    provider_logo_url: &'static str,
    description: String,
    source: String,
    tag: String,
    published_at: String,
    downloads: i64,
    verified: bool,
}

impl ListItem {
    /// `source` is where people look at the repository; empty without one.
    pub(super) fn new(module: &Module, version: &ModuleVersion, source: String) -> Self {
        Self {
            id: format!("{}/{}", module.address(), version.version),
            owner: module.namespace.to_string(),
            namespace: module.namespace.to_string(),
            name: module.name.to_string(),
            version: version.version.to_string(),
            provider: module.provider.to_string(),
            provider_logo_url: "",
            description: module.description.clone(),
            source,
            tag: version.tag.clone().unwrap_or_default(),
            published_at: format_millis(version.published_at.unwrap_or(version.created_at)),
            downloads: module.downloads,
            verified: false,
        }
    }
}

/// In the order of `modules`; without those that have no latest version.
pub(super) fn list(session: &mut Connection, modules: &[Module]) -> Result<Vec<ListItem>, Error> {
    let ids: Vec<String> = modules.iter().filter_map(|module| module.latest_version_id.clone()).collect();
    let latest: BTreeMap<String, ModuleVersion> =
        versions::list_by_ids(session, &ids)?.into_iter().map(|version| (version.id.to_string(), version)).collect();
    let sources = list_sources(session, modules)?;
    let items = modules.iter().filter_map(|module| {
        let version = latest.get(module.latest_version_id.as_ref()?)?;
        let source = module.repository_id.as_ref().and_then(|id| sources.get(id));
        Some(ListItem::new(module, version, source.cloned().unwrap_or_default()))
    });
    Ok(items.collect())
}

/// The web addresses of the repositories of these modules, by repository id.
pub(super) fn list_sources(session: &mut Connection, modules: &[Module]) -> Result<BTreeMap<String, String>, Error> {
    let ids: Vec<String> = modules.iter().filter_map(|module| module.repository_id.clone()).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = repositories::list_with_connections(session, &ids)?;
    Ok(found
        .into_iter()
        .filter_map(|(repository, connection)| {
            Some((repository.id.to_string(), web_address(&repository, &connection)?))
        })
        .collect())
}

/// `None` for what this release cannot read: it is worth less than the list.
fn web_address(repository: &Repository, connection: &connections::Connection) -> Option<String> {
    let kind = connection.kind.parse().ok()?;
    let base = connection.http_url.parse().ok()?;
    let identifier = repository.identifier.parse().ok()?;
    vcs_hosts::web_address(kind, &base, &identifier).ok()
}
