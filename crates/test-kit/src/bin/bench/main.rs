//! `make bench [REPO=/path/to/bare.git]`: what the project promises about speed and memory. Each figure is measured
//! next to its anchor, in turns, in one run: ratios travel between machines, seconds do not.

mod client_installs;
mod first_answer;
mod git_anchor;
mod input;
mod load;
mod processes;
mod publishing;
mod reading;
mod registry;
mod serving;
mod synthetic_module;
mod table;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use test_kit::GitServer;

use crate::{input::Input, publishing::Publishing, table::Table};

/// How often everything is measured.
const ROUNDS: usize = 3;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let repository = arguments.next().map(PathBuf::from);
    if arguments.next().is_some() {
        bail!("bench [BARE-REPOSITORY]");
    }
    let scratch = Scratch::make()?;
    let measured = tokio::select! {
        measured = measure(&scratch.0, repository.as_deref()) => measured,
        _ = tokio::signal::ctrl_c() => bail!("stopped"),
    };
    println!("\n{}", measured?);
    Ok(())
}

async fn measure(scratch: &Path, repository: Option<&Path>) -> Result<Table> {
    let load_before = processes::machine_load();
    step("preparing the repository");
    let input = Input::prepare(scratch, repository)?;
    let git = GitServer::start(&input.root)?;
    let mut table = Table::new(&input.description);

    step("publishing");
    let mut publishing = Publishing::default();
    let mut last = None;
    for round in 0..ROUNDS {
        drop(last.take());
        last = Some(publishing.round(scratch, &input, &git, round).await?);
    }
    table.extend(publishing.rows(&input));
    let mut registry = last.context("there was no round")?;

    step("serving");
    table.extend(serving::measure(scratch, &registry)?);
    step("reading modules");
    table.push(reading::measure(scratch, &input)?);
    step("installing with the real client");
    table.push(client_installs::measure(scratch, &registry).await?);
    step("starting on a large database");
    table.push(first_answer::measure(&mut registry).await?);
    table.note(format!("load of the machine before {load_before}, after {}", processes::machine_load()));
    Ok(table)
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
