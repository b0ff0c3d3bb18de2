//! The scenarios, a file each.

mod broker;
mod database;
mod kills;
mod notices;
mod pauses;
mod poison;
mod stop;
mod store;

use std::str::FromStr;

use anyhow::Result;

use super::Mode;
use super::audit::Control;
use super::stage::Setting;
use super::table::Outcome;

/// One kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    Kills,
    Broker,
    Pauses,
    Poison,
    Database,
    Store,
    Stop,
    Notices,
}

impl Scenario {
    pub const ALL: [Self; 8] =
        [Self::Kills, Self::Broker, Self::Pauses, Self::Poison, Self::Database, Self::Store, Self::Stop, Self::Notices];

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kills => "kills",
            Self::Broker => "broker",
            Self::Pauses => "pauses",
            Self::Poison => "poison",
            Self::Database => "database",
            Self::Store => "store",
            Self::Stop => "stop",
            Self::Notices => "notices",
        }
    }

    /// Whether there is something to break: the embedded process has no broker, no server of a database and no store
    /// but its own directory, and nobody who could take a job over while it stands still.
    pub fn exists_in(self, mode: Mode) -> bool {
        mode == Mode::Distributed || matches!(self, Self::Kills | Self::Poison | Self::Stop)
    }

    pub(super) async fn run(self, setting: Setting<'_>, control: &Control) -> Result<Outcome> {
        match self {
            Self::Kills => kills::run(setting, control).await,
            Self::Broker => broker::run(setting, control).await,
            Self::Pauses => pauses::run(setting, control).await,
            Self::Poison => poison::run(setting, control).await,
            Self::Database => database::run(setting, control).await,
            Self::Store => store::run(setting, control).await,
            Self::Stop => stop::run(setting, control).await,
            Self::Notices => notices::run(setting, control).await,
        }
    }
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.name() == name)
            .ok_or_else(|| format!("scenarios are called {}", Self::ALL.map(Self::name).join(", ")))
    }
}
