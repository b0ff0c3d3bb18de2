//! The roles, and what each of them is told.

use super::engines::Engines;

/// What one process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Gateway,
    Archivist,
    Ingestor,
    Parser,
}

/// How many processes of each role.
#[derive(Clone, Copy, Debug)]
pub struct Roles {
    pub gateways: usize,
    pub archivists: usize,
    pub ingestors: usize,
    pub parsers: usize,
}

impl Default for Roles {
    /// One of each.
    fn default() -> Self {
        Self { gateways: 1, archivists: 1, ingestors: 1, parsers: 1 }
    }
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Gateway, Self::Archivist, Self::Ingestor, Self::Parser];

    /// Its command of `quarry`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Archivist => "archivist",
            Self::Ingestor => "ingestor",
            Self::Parser => "parser",
        }
    }

    /// The engines that it needs, and no others.
    pub(super) fn engines(self, engines: &Engines) -> Vec<(String, String)> {
        let mut settings = engines.of_database();
        settings.extend(engines.of_broker());
        if self != Self::Gateway {
            settings.extend(engines.of_blobs());
        }
        settings
    }

    /// Names of the keys that it needs, and no others.
    pub(super) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Gateway => &["QUARRY_LINK_KEYS", "QUARRY_SEAL_KEYS", "QUARRY_TOKEN_KEY"],
            Self::Archivist => &["QUARRY_LINK_KEYS"],
            Self::Ingestor => &["QUARRY_SEAL_KEYS"],
            Self::Parser => &[],
        }
    }
}

impl Roles {
    pub(super) fn count(self, role: Role) -> usize {
        match role {
            Role::Gateway => self.gateways,
            Role::Archivist => self.archivists,
            Role::Ingestor => self.ingestors,
            Role::Parser => self.parsers,
        }
    }
}
