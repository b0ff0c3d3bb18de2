//! `make bench [REPO=/path/to/bare.git]`: what the project promises about speed and memory. Each figure is measured
//! next to its anchor, in turns, in one run: ratios travel between machines, seconds do not.

mod client_installs;
mod distributed;
mod first_answer;
mod git_anchor;
mod input;
mod load;
mod many_modules;
mod module;
mod paced_load;
mod processes;
mod publishing;
mod reading;
mod registry;
mod repositories;
mod serving;
mod synthetic_module;
mod table;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use test_kit::GitServer;

use crate::{input::Input, publishing::Publishing, table::Table};

/// How often everything is measured.
const ROUNDS: usize = 3;

/// Measures what the project promises about speed and memory.
#[derive(Parser)]
#[command(name = "bench")]
struct Options {
    /// Some parts only; all but the first and the last start private servers
    #[arg(long, value_delimiter = ',', value_name = "PARTS")]
    only: Vec<Part>,
    /// The bare repository to publish; otherwise one is made
    repository: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// All in one process, without any server
    Embedded,
    /// One new tag, distributed and embedded
    NewTag,
    /// 1, 2 and 4 ingestors
    Ingestors,
    /// The gateway on PostgreSQL, and behind a backlog
    Gateway,
    /// Webhooks, many modules in one repository, and looks at what has not changed
    Repositories,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut options = Options::parse();
    if options.only.is_empty() {
        options.only = Part::value_variants().to_vec();
    }
    let scratch = Scratch::make()?;
    let measured = tokio::select! {
        measured = measure(&scratch.0, &options) => measured,
        _ = tokio::signal::ctrl_c() => bail!("stopped"),
    };
    println!("\n{}", measured?);
    Ok(())
}

async fn measure(scratch: &Path, options: &Options) -> Result<Table> {
    let load_before = processes::machine_load();
    step("preparing the repository");
    let input = Input::prepare(scratch, options.repository.as_deref())?;
    let git = GitServer::start(&input.root)?;
    let mut table = Table::new(&input.description);
    if options.only.contains(&Part::Embedded) {
        measure_embedded(scratch, &input, &git, &mut table).await?;
    }
    if options.only.contains(&Part::Repositories) {
        table.extend(repositories::measure(scratch, &input).await?);
    }
    distributed::measure(scratch, &input, &git, (&options.only, &mut table)).await?;
    table.note(format!("load of the machine before {load_before}, after {}", processes::machine_load()));
    Ok(table)
}

async fn measure_embedded(scratch: &Path, input: &Input, git: &GitServer, table: &mut Table) -> Result<()> {
    step("publishing");
    let mut publishing = Publishing::default();
    let mut last = None;
    for round in 0..ROUNDS {
        drop(last.take());
        last = Some(publishing.round(scratch, input, git, round).await?);
    }
    table.extend(publishing.rows(input));
    let mut registry = last.context("there was no round")?;

    step("serving");
    table.extend(serving::measure(scratch, &registry)?);
    step("reading modules");
    table.push(reading::measure(scratch, input)?);
    step("installing with the real client");
    table.push(client_installs::measure(scratch, &registry).await?);
    step("a large database");
    table.extend(first_answer::measure(&mut registry).await?);
    Ok(())
}

fn step(what: &str) {
    eprintln!("bench: {what}");
}

/// A folder for everything, gone at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn make() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("quarry-bench-{}", std::process::id()));
        std::fs::create_dir(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
