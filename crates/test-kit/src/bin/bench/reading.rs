//! How fast modules are read, on real files, without anything around it.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::{
    ROUNDS,
    input::Input,
    processes::{finish, plain},
    serving::example,
    table::{Goal, Row, Samples},
};

/// So many releases, spread over the whole history.
const RELEASES: usize = 12;

pub(crate) fn measure(scratch: &Path, input: &Input) -> Result<Row> {
    let mut folders = Vec::new();
    for tag in input.tags.iter().rev().step_by(input.tags.len().div_ceil(RELEASES)) {
        let folder = scratch.join(format!("release-{}", folders.len()));
        fs::create_dir(&folder)?;
        let script = "git archive --format=tar \"$1\" | tar -x -C \"$2\"";
        finish(plain("sh").args(["-c", script, "sh", tag]).arg(&folder).current_dir(input.path()))?;
        folders.push(folder);
    }
    let program = example("measure_reading")?;
    let mut speed = Samples::default();
    let mut about = String::new();
    for _ in 0..ROUNDS {
        let output = finish(plain(&program).args(&folders))?;
        let cold = output.split("cold ").nth(1).and_then(|rest| rest.split(' ').next());
        speed.push(cold.context("no speed in what measure_reading says")?.parse()?);
        output.lines().next().unwrap_or_default().clone_into(&mut about);
    }
    Ok(Row::alone(format!("reading {about}, MB/s"), speed, Goal::AtLeast(60.0)))
}
