//! Breaks the registry in every way that it promises to survive, and checks what clients were told: `make torture`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use clap::{Parser, ValueEnum};
use test_kit::torture::{self, Mode, Scale, Scenario};

/// Faults while clients work, and an audit of what they were told. Fails if anything that was promised is missing.
#[derive(Parser)]
#[command(name = "torture")]
struct Options {
    /// One process, or each role by itself on PostgreSQL, RabbitMQ and S3
    #[arg(long, value_enum, default_value = "both")]
    mode: Modes,
    /// Some of the scenarios: kills, broker, pauses, poison, database, store, stop, notices
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    only: Vec<Scenario>,
    /// Smaller numbers
    #[arg(long)]
    short: bool,
    /// Repeats the choices of an earlier run
    #[arg(long)]
    seed: Option<u64>,
    /// Where everything lies while it is needed, and stays if something was found
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Modes {
    Embedded,
    Distributed,
    Both,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let seed = options.seed.unwrap_or_else(now);
    let folder = options.folder.unwrap_or_else(|| std::env::temp_dir().join(format!("quarry-torture-{seed}")));
    let scale = if options.short { Scale::short() } else { Scale::full() };
    let modes = match options.mode {
        Modes::Embedded => vec![Mode::Embedded],
        Modes::Distributed => vec![Mode::Distributed],
        Modes::Both => vec![Mode::Embedded, Mode::Distributed],
    };
    let scenarios = if options.only.is_empty() { Scenario::ALL.to_vec() } else { options.only };
    eprintln!("torture: seed {seed}, in {}", folder.display());
    let table = torture::run(&torture::Options { modes, scenarios, scale, seed, folder }).await?;
    println!("\n{table}\nseed {seed}");
    Ok(if table.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}
