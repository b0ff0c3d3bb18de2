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
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;

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

/// What to do.
pub struct Options {
    pub modes: Vec<Mode>,
    pub scenarios: Vec<Scenario>,
    pub scale: Scale,
    /// Everything random follows from it.
    pub seed: u64,
    /// Where everything lies while it is needed. What belongs to a scenario that did not hold stays there.
    pub folder: PathBuf,
}

/// Every scenario in every mode where it exists, one after the other, on engines that belong to this run alone.
/// Says on standard error where it is. Needs a runtime with several threads.
///
/// # Errors
/// If there is nothing to torture: servers that do not start, or a sample that is not ingested even undisturbed.
pub async fn run(options: &Options) -> Result<Table> {
    let torture = Torture::prepare(options).await?;
    let mut table = Table::default();
    for mode in &options.modes {
        for scenario in options.scenarios.iter().filter(|scenario| scenario.exists_in(*mode)) {
            eprintln!("torture: {} ({mode})", scenario.name());
            let begun = Instant::now();
            let outcome = torture.run(*scenario, *mode).await;
            let verdict = if outcome.holds() { "holds" } else { "BROKEN" };
            eprintln!("torture: {} ({mode}) {verdict}, after {:.0} s", scenario.name(), begun.elapsed().as_secs_f64());
            table.push(outcome);
        }
    }
    drop(torture);
    if table.holds() {
        let _ = std::fs::remove_dir_all(&options.folder);
    }
    Ok(table)
}

/// Engines, and what the sample looks like undisturbed.
struct Torture<'a> {
    options: &'a Options,
    control: Control,
    engines: Option<Engines>,
}

impl<'a> Torture<'a> {
    async fn prepare(options: &'a Options) -> Result<Self> {
        std::fs::create_dir_all(&options.folder)?;
        let engines = if options.modes.contains(&Mode::Distributed) {
            Some(Engines::start(&options.folder.join("engines")).await?)
        } else {
            None
        };
        let control = Control::make(&options.folder.join("control"), options.scale.clone()).await?;
        Ok(Self { options, control, engines })
    }

    /// That it cannot be brought to its end is a finding like others.
    async fn run(&self, scenario: Scenario, mode: Mode) -> Outcome {
        let folder = self.options.folder.join(format!("{}-{mode}", scenario.name()));
        let setting = Setting {
            mode,
            scale: self.options.scale.clone(),
            folder: &folder,
            engines: self.engines.as_ref(),
            random: Random::new(self.options.seed),
        };
        let run = async {
            std::fs::create_dir_all(&folder)?;
            scenario.run(setting, &self.control).await
        };
        let outcome = run.await.unwrap_or_else(|error| Outcome::broken_off(scenario, mode, &folder, &error));
        if outcome.holds() {
            let _ = std::fs::remove_dir_all(&folder);
        }
        outcome
    }
}
