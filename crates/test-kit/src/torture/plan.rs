//! How the registry of a scenario is put together.

use crate::cluster::Roles;

/// Where it deviates from the usual: two processes of each role, and engines without anything in between.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) roles: Roles,
    /// The database is reached through the proxy.
    pub(crate) database_proxy: bool,
    /// The store of blobs likewise.
    pub(crate) store_proxy: bool,
    /// Further settings of every process.
    pub(crate) settings: Vec<(String, String)>,
}

impl Default for Plan {
    fn default() -> Self {
        let roles = Roles { gateways: 2, archivists: 2, ingestors: 2, parsers: 2 };
        Self { roles, database_proxy: false, store_proxy: false, settings: Vec::new() }
    }
}
