//! Faults, and the audit of what clients were told meanwhile: the registry is killed, stopped, paused and cut off from
//! its engines while clients work with it; then everything that they were promised is looked for.
//!
//! A scenario is a file in `scenarios/`, with its faults and its limit; [`Scale`] holds the numbers of all of them.

mod audit;
mod client;
mod engines;
mod faults;
mod front;
mod history;
mod plan;
mod random;
mod sample;
mod scale;
mod scenarios;
mod signals;
mod stage;
mod system;
mod table;
mod workload;

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use audit::Control;
use engines::Engines;
use random::Random;
use stage::Setting;

pub use scale::Scale;
pub use scenarios::Scenario;
pub use table::{Outcome, Table};

/// How the registry runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `quarry serve`.
    Embedded,
    /// Each role by itself, on PostgreSQL, RabbitMQ and S3.
    Distributed,
}

impl Display for Mode {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Embedded => "embedded",
            Self::Distributed => "distributed",
        })
    }
}

/// One run: engines, and what the sample looks like undisturbed. Needs a runtime with several threads.
pub struct Torture {
    folder: PathBuf,
    scale: Scale,
    seed: u64,
    control: Control,
    engines: Option<Engines>,
}

impl Torture {
    /// Everything lies in `folder`. The engines are started only for modes that need them, and belong to this run alone.
    pub async fn prepare(folder: &Path, scale: Scale, seed: u64, modes: &[Mode]) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let engines = if modes.contains(&Mode::Distributed) {
            Some(Engines::start(&folder.join("engines")).await?)
        } else {
            None
        };
        let control = Control::make(&folder.join("control"), scale.clone()).await?;
        Ok(Self { folder: folder.to_owned(), scale, seed, control, engines })
    }

    /// One scenario. What it kept in its folder is removed if everything held.
    pub async fn run(&self, scenario: Scenario, mode: Mode) -> Result<Outcome> {
        let folder = self.folder.join(format!("{}-{mode}", scenario.name()));
        std::fs::create_dir_all(&folder)?;
        let setting = Setting {
            mode,
            scale: self.scale.clone(),
            folder: &folder,
            engines: self.engines.as_ref(),
            random: Random::new(self.seed),
        };
        let outcome = scenario.run(setting, &self.control).await;
        let outcome = outcome.with_context(|| format!("{} ({mode}), see {}", scenario.name(), folder.display()))?;
        if outcome.holds() {
            let _ = std::fs::remove_dir_all(&folder);
        }
        Ok(outcome)
    }
}
