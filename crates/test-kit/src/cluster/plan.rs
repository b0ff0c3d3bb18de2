//! What a cluster is to be like.

use std::path::{Path, PathBuf};

use super::engines::PrivateEngines;
use super::role::{Role, Roles};

/// Begins with one process of each role, on engines of its own, in a folder of its own.
#[derive(Default)]
pub struct Plan {
    pub(super) roles: Roles,
    pub(super) settings: Vec<(Option<Role>, String, String)>,
    pub(super) engines: Option<PrivateEngines>,
    pub(super) folder: Option<PathBuf>,
    /// Where clients reach the gateways, and the archivists; otherwise on free ports.
    pub(super) addresses: Option<(String, String)>,
}

impl Plan {
    pub fn new(roles: Roles) -> Self {
        Self { roles, ..Self::default() }
    }

    /// A setting of every process. The last one of a name counts.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.push((None, name.to_owned(), value.to_owned()));
        self
    }

    /// A setting of the processes of one role.
    pub fn set_for(mut self, role: Role, name: &str, value: &str) -> Self {
        self.settings.push((Some(role), name.to_owned(), value.to_owned()));
        self
    }

    /// Engines that exist already, at addresses that may have been replaced.
    pub fn on(mut self, engines: PrivateEngines) -> Self {
        self.engines = Some(engines);
        self
    }

    /// The addresses that clients use, such as `127.0.0.1:8080`.
    pub fn listening(mut self, gateways: &str, archivists: &str) -> Self {
        self.addresses = Some((gateways.to_owned(), archivists.to_owned()));
        self
    }

    /// Where data and logs go; otherwise to a temporary folder that goes away.
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }
}
