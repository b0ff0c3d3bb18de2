//! What a process is for, and which settings it cannot do without.

use domain::Error;

use crate::settings::Written;

/// What a process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Every role in one process, on any engines.
    Serve,
    Gateway,
    Archivist,
    Ingestor,
    Parser,
    /// Brings the database up to this release, and ends.
    Migrate,
    /// `quarry keys`: whatever engines the installation has.
    Keys,
}

impl Role {
    /// The command of `quarry` that runs it.
    pub fn command(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Gateway => "gateway",
            Self::Archivist => "archivist",
            Self::Ingestor => "ingestor",
            Self::Parser => "parser",
            Self::Migrate => "migrate",
            Self::Keys => "keys",
        }
    }

    /// Where it listens unless told otherwise: on one machine the roles do not get in each other's way.
    pub(crate) fn default_listen(self) -> &'static str {
        match self {
            Self::Serve | Self::Gateway | Self::Migrate | Self::Keys => "127.0.0.1:8080",
            Self::Archivist => "127.0.0.1:8081",
            Self::Ingestor => "127.0.0.1:8082",
            Self::Parser => "127.0.0.1:8083",
        }
    }

    /// Whether it is one of several processes that share a database, a broker and a store.
    pub fn is_distributed(self) -> bool {
        match self {
            Self::Gateway | Self::Archivist | Self::Ingestor | Self::Parser => true,
            Self::Serve | Self::Migrate | Self::Keys => false,
        }
    }

    /// What has no default for it; a key is given only to who needs it.
    fn needed(self) -> &'static [&'static str] {
        match self {
            Self::Serve | Self::Keys => &[],
            Self::Gateway => &[
                "QUARRY_DATABASE_URL",
                "QUARRY_BROKER_URL",
                "QUARRY_PUBLIC_URL",
                "QUARRY_ARCHIVIST_URL",
                "QUARRY_LINK_KEYS",
                "QUARRY_SEAL_KEYS",
                "QUARRY_TOKEN_KEY",
            ],
            Self::Archivist => &["QUARRY_DATABASE_URL", "QUARRY_BROKER_URL", "QUARRY_BLOBS_URL", "QUARRY_LINK_KEYS"],
            Self::Ingestor => &["QUARRY_DATABASE_URL", "QUARRY_BROKER_URL", "QUARRY_BLOBS_URL", "QUARRY_SEAL_KEYS"],
            Self::Parser => &["QUARRY_DATABASE_URL", "QUARRY_BROKER_URL", "QUARRY_BLOBS_URL"],
            Self::Migrate => &["QUARRY_DATABASE_URL", "QUARRY_SEAL_KEYS", "QUARRY_TOKEN_KEY", "QUARRY_ADMIN_TOKEN"],
        }
    }

    /// Refuses settings that leave out what this role needs, or that name engines which cannot be shared.
    pub(crate) fn check(self, written: &Written) -> Result<(), Error> {
        let missing: Vec<&str> =
            self.needed().iter().copied().filter(|name| written.value_of(name).is_none()).collect();
        if !missing.is_empty() {
            let verb = if missing.len() == 1 { "is" } else { "are" };
            let reason = format!(
                "{verb} missing: `quarry {}` needs {}; `quarry serve` runs without. deploy/env.example says what they \
                 hold, and `quarry keys new` makes keys",
                self.command(),
                if missing.len() == 1 { "it" } else { "them" },
            );
            return Err(Error::invalid(missing.join(", "), reason));
        }
        let (database, broker) = (written.value_of("QUARRY_DATABASE_URL"), written.value_of("QUARRY_BROKER_URL"));
        let is_file = database.is_none_or(|url| url.starts_with("sqlite:"));
        let is_memory = broker.is_none_or(|url| url.starts_with("memory:"));
        if is_file && (self.is_distributed() || self == Self::Migrate) {
            let reason =
                format!("must begin with postgres:// for `quarry {}`: SQLite serves one process", self.command());
            return Err(Error::invalid("QUARRY_DATABASE_URL", reason));
        }
        if is_memory && self.is_distributed() {
            let reason =
                format!("must begin with amqp:// or amqps:// for `quarry {}`: it has to reach others", self.command());
            return Err(Error::invalid("QUARRY_BROKER_URL", reason));
        }
        if is_file && !is_memory {
            let reason = "must be memory:// (or left out) with SQLite, which serves one process; or set \
                          QUARRY_DATABASE_URL=postgres://… as well";
            return Err(Error::invalid("QUARRY_BROKER_URL", reason));
        }
        Ok(())
    }
}
