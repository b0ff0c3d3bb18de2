//! Modules whose reading overflows the stack, takes all memory, or never ends: they end as errored, and their neighbours
//! hardly notice.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::Api;

use super::super::audit::{Control, Findings, audit};
use super::super::client::{Call, Client};
use super::super::plan::Plan;
use super::super::sample::Sample;
use super::super::stage::{Published, Setting, Stage};
use super::super::table::Outcome;

/// Tags of each neighbour.
const TAGS: usize = 2;
/// Between two publications.
const PACE: Duration = Duration::from_millis(150);
/// How much longer neighbours may take, at the 95th of a hundred.
const FACTOR: f64 = 2.0;
/// Five attempts, of which those that never end take half a minute each, and the pauses between them.
const PATIENCE: Duration = Duration::from_secs(300);

pub(super) async fn run(setting: Setting<'_>, control: &Control) -> Result<Outcome> {
    let (folder, limit) = (setting.folder.to_owned(), PATIENCE);
    let child = ("QUARRY_CHILD_PROGRAM".to_owned(), poisoned_child()?.display().to_string());
    let mut stage = Stage::open(setting, &Plan { settings: vec![child], ..Plan::default() }).await?;
    let small = Sample::create(&stage.repositories, "small", TAGS, "")?;
    let undisturbed = neighbours(&stage, &small, "before", &[]).await?;
    let poisons = make_poisons(&stage)?;
    let begun = Instant::now();
    let disturbed = neighbours(&stage, &small, "among", &poisons).await?;
    let mut findings = Findings::default();
    let ended = wait_for_errors(&stage, &poisons, &mut findings).await?;
    let settled =
        stage.settle(Instant::now(), Duration::from_secs(60)).await?.map(|_| ended.unwrap_or(begun.elapsed()));
    let mut audited = audit(&stage, control).await?;
    judge_jobs(&stage, &mut audited)?;
    let (before, among) = (percentile(&undisturbed), percentile(&disturbed));
    if among > before.mul_f64(FACTOR) && among > before + stage.scale.noise {
        findings.other.push(format!("neighbours took {among:.2?} instead of {before:.2?} at the 95th of a hundred"));
    }
    Ok(Outcome {
        scenario: "poison",
        mode: stage.mode,
        faults: format!("{} poisoned versions", poisons.len()),
        requests: stage.history.len(),
        findings: findings.with(audited),
        settled,
        limit,
        notes: vec![format!(
            "{} neighbours: 95 of a hundred ok within {before:.2?} undisturbed, {among:.2?} among poison; the longest {:.2?} and {:.2?}",
            undisturbed.len(),
            undisturbed.iter().max().copied().unwrap_or_default(),
            disturbed.iter().max().copied().unwrap_or_default(),
        )],
        folder,
    })
}

/// `target/<profile>/poisoned-child`, beside `quarry`.
fn poisoned_child() -> Result<PathBuf> {
    let path = crate::binary()?.with_file_name("poisoned-child");
    ensure!(path.is_file(), "{} is missing: build it first (cargo build -p test-kit)", path.display());
    Ok(path)
}

fn make_poisons(stage: &Stage) -> Result<Vec<String>> {
    let mut kinds = vec!["overflow", "allocate"];
    if stage.scale.loops {
        kinds.push("loop");
    }
    kinds.iter().map(|kind| poison(stage, kind)).collect()
}

fn poison(stage: &Stage, kind: &str) -> Result<String> {
    let name = format!("poison-{kind}");
    Sample::create(&stage.repositories, &format!("terraform-test-{name}"), 1, &format!("quarry-poison:{kind}"))?;
    Ok(name)
}

/// How long each of them takes from its publication until all its versions are ok. Poison comes in between.
async fn neighbours(stage: &Stage, small: &Sample, group: &str, poisons: &[String]) -> Result<Vec<Duration>> {
    let mut waiting = JoinSet::new();
    for number in 0..stage.scale.neighbours {
        // One after the other, in the first half.
        let spread = stage.scale.neighbours / 2 / poisons.len().max(1);
        if let Some(poison) = poisons.get(number / spread.max(1)).filter(|_| number % spread.max(1) == 0) {
            stage.publish(poison, vec!["1.0.0".to_owned()]).await?;
        }
        let name = format!("{group}-{number}");
        small.copy_to(&format!("terraform-test-{name}"))?;
        let begun = Instant::now();
        let published = stage.publish(&name, small.versions()).await?;
        waiting.spawn(wait_until_ok(stage.client.clone(), published, begun));
        sleep(PACE).await;
    }
    waiting.join_all().await.into_iter().collect()
}

async fn wait_until_ok(client: Client, published: Published, begun: Instant) -> Result<Duration> {
    loop {
        let path = format!("/api/v2/registry-modules/{}", published.id);
        let reply = client.once(&Call::new("show", &published.address, Method::GET, path)).await;
        let statuses = Api::version_statuses(&reply.json()["data"]);
        if statuses.iter().filter(|status| status.ends_with(" ok")).count() == published.versions.len() {
            return Ok(begun.elapsed());
        }
        ensure!(begun.elapsed() < PATIENCE, "{} does not become ok", published.address);
        sleep(Duration::from_millis(20)).await;
    }
}

/// Every poisoned version is errored and says why.
async fn wait_for_errors(stage: &Stage, poisons: &[String], findings: &mut Findings) -> Result<Option<Duration>> {
    let begun = Instant::now();
    let rows = |status: &str| {
        let names = poisons.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(",");
        stage.system.ask(&format!(
            "SELECT m.name, v.version, v.error_message FROM module_versions v JOIN modules m ON m.id = v.module_id \
             WHERE v.status = '{status}' AND m.name IN ({names})"
        ))
    };
    loop {
        let errored = rows("errored")?;
        if errored.lines().count() == poisons.len() {
            let silent = errored.lines().filter(|row| row.ends_with('|'));
            findings.other.extend(silent.map(|row| format!("a poisoned version does not say why it failed: {row}")));
            return Ok(Some(begun.elapsed()));
        }
        if begun.elapsed() > PATIENCE {
            findings.other.push(format!("poisoned versions are not errored after {PATIENCE:?}: {errored}"));
            return Ok(None);
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// Those of the poison are dead, after at most five attempts; no others.
fn judge_jobs(stage: &Stage, findings: &mut Findings) -> Result<()> {
    let dead = stage.system.ask(
        "SELECT m.name, j.attempt, j.lost FROM jobs j JOIN module_versions v ON v.id = j.target \
         JOIN modules m ON m.id = v.module_id WHERE j.state = 'dead'",
    )?;
    let expected = dead.lines().filter(|row| row.starts_with("poison-")).count();
    let others = dead.lines().filter(|row| !row.starts_with("poison-")).map(|row| format!("a job was given up: {row}"));
    findings.lost.retain(|text| !text.starts_with("a job was given up"));
    findings.lost.extend(others);
    for row in dead.lines() {
        let attempts: u32 = row.split('|').nth(1).context("no attempts")?.parse()?;
        if attempts > 5 {
            findings.other.push(format!("a poisoned job had more than five attempts: {row}"));
        }
    }
    if expected == 0 {
        findings.other.push("no poisoned job is dead".to_owned());
    }
    Ok(())
}

fn percentile(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted.get((sorted.len() * 95).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default()
}
