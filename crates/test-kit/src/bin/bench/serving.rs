//! `versions` and `download` with a token, against a bare actix-web server that repeats the same answers.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, ensure};

use crate::{
    ROUNDS,
    load::Target,
    processes::{Background, cpu_time, plain},
    registry::{MODULE, Registry},
    table::{Goal, Row, Samples},
};

/// In one turn of a server, of which it has two in each round: so many that a turn takes half a second.
pub(crate) const VERSIONS: usize = 16_000;
const DOWNLOADS: usize = 48_000;

pub(crate) fn measure(scratch: &Path, registry: &Registry) -> Result<Vec<Row>> {
    let token = registry.token()?;
    let versions = format!("/api/registry/v1/modules/{MODULE}/versions");
    let newest = newest_version(&Target::new(registry.server.url(), &versions, &token)?)?;
    let download = format!("/api/registry/v1/modules/{MODULE}/{newest}/download");
    let mut rows = Vec::new();
    for (name, path, requests) in [("versions", versions, VERSIONS), ("download", download, DOWNLOADS)] {
        let ours = Target::new(registry.server.url(), &path, &token)?;
        let bytes = body(&ours.answer()?).len();
        let label = format!("{name}, {bytes} bytes, 32 connections : bare actix-web");
        rows.extend(compare_with_anchor(scratch, (&label, requests), &token, (&ours, registry.server.pid()))?);
    }
    Ok(rows)
}

/// The server, with its process, against a bare one that repeats what it answers.
pub(crate) fn compare_with_anchor(
    scratch: &Path,
    (label, requests): (&str, usize),
    token: &str,
    (ours, pid): (&Target, u32),
) -> Result<Vec<Row>> {
    let recorded = ours.answer()?;
    let file = scratch.join("recorded");
    fs::write(&file, &recorded)?;
    let (anchor, url) = start_anchor(&file)?;
    let theirs = Target::new(&url, "/recorded", token)?;
    ensure!(body(&theirs.answer()?) == body(&recorded), "the anchor answers something else");
    compare(label, requests, (ours, pid), (&theirs, anchor.0.id()))
}

fn compare(label: &str, requests: usize, ours: (&Target, u32), theirs: (&Target, u32)) -> Result<Vec<Row>> {
    let mut rates = [Samples::default(), Samples::default()];
    let mut costs = [Samples::default(), Samples::default()];
    ours.0.load(requests / 4)?;
    theirs.0.load(requests / 4)?;
    for _ in 0..ROUNDS {
        let mut times = [0.0, 0.0];
        let before = [cpu_time(ours.1)?, cpu_time(theirs.1)?];
        // In this order a machine that grows slower or faster meanwhile does both the same.
        for who in [0, 1, 1, 0] {
            let target = if who == 0 { ours.0 } else { theirs.0 };
            times[who] += target.load(requests)?.as_secs_f64();
        }
        let after = [cpu_time(ours.1)?, cpu_time(theirs.1)?];
        for who in [0, 1] {
            #[expect(clippy::cast_precision_loss, reason = "a small number")]
            let answers = 2.0 * requests as f64;
            rates[who].push(answers / times[who]);
            costs[who].push((after[who] - before[who]).as_secs_f64() * 1e6 / answers);
        }
    }
    let ([our_rate, their_rate], [our_cost, their_cost]) = (rates, costs);
    Ok(vec![
        Row::ratio(format!("{label}, 1/s"), our_rate, their_rate, Goal::AtLeast(0.6)),
        Row::ratio("  CPU of the server for each, us", our_cost, their_cost, Goal::None),
    ])
}

fn newest_version(versions: &Target) -> Result<String> {
    let answer: serde_json::Value = serde_json::from_slice(body(&versions.answer()?))?;
    let newest = answer.pointer("/modules/0/versions/0/version").and_then(serde_json::Value::as_str);
    newest.map(str::to_owned).context("no versions")
}

/// Behind the head.
pub(crate) fn body(answer: &[u8]) -> &[u8] {
    answer.windows(4).position(|window| window == b"\r\n\r\n").map_or(&[], |end| &answer[end + 4..])
}

/// The example of service-kit, which is where actix-web may be used.
fn start_anchor(recorded: &Path) -> Result<(Background, String)> {
    let mut command = plain(example("anchor")?);
    let mut child = command.arg(recorded).stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().context("the anchor has no output")?;
    let child = Background(child);
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    let url = line.trim().strip_prefix("listening on ").context("the anchor did not start")?;
    Ok((child, url.to_owned()))
}

/// An example beside this program.
pub(crate) fn example(name: &str) -> Result<PathBuf> {
    let path = test_kit::binary()?.with_file_name("examples").join(name);
    ensure!(path.is_file(), "{} is missing: `make bench` builds it", path.display());
    Ok(path)
}
