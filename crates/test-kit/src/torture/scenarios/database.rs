//! The database is away, silent, slow, comes in slices, and loses answers to commits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use reqwest::Method;
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep};

use super::super::audit::{Control, Findings, audit};
use super::super::client::{Call, Client};
use super::super::engines::Engines;
use super::super::faults::Wire;
use super::super::history::Effect;
use super::super::plan::Plan;
use super::super::scale::Scale;
use super::super::stage::{ORGANIZATION, Setting, Stage};
use super::super::table::Outcome;

const SLOW: Duration = Duration::from_secs(5);
/// How long the recovery is waited for.
const PATIENCE: Duration = Duration::from_secs(15);
/// Of a hundred commits.
const CUT: u64 = 10;
const PACE: Duration = Duration::from_millis(50);

pub(super) async fn run(setting: Setting<'_>, control: &Control) -> Result<Outcome> {
    let (folder, limit) = (setting.folder.to_owned(), Duration::from_secs(60));
    let engines = setting.engines.context("there is no server of a database to break")?;
    engines.database_proxy.set(Wire::Pass);
    let mut stage = Stage::open(setting, &Plan { database_proxy: true, ..Plan::default() }).await?;
    engines.database_proxy.seed(stage.random.fork());
    let issued = first_links(&mut stage).await?;
    let mut random = stage.random.fork();
    stage.workload.start_uploaders(2, &mut random);
    stage.workload.start_installers(1, &mut random);
    let (mut findings, mut notes) = (Findings::default(), Vec::new());
    let outage = stage.scale.outage;
    for (name, wire) in [("down", Wire::Down), ("silent", Wire::Silent), ("slow", Wire::Slow(SLOW))] {
        stage.publish_copy().await?;
        let window = Window::run(&stage, engines, wire, outage, &issued).await?;
        window.judge(name, &stage.scale, &mut findings, &mut notes);
    }
    engines.database_proxy.set(Wire::Sliced);
    stage.publish_copy().await?;
    sleep(outage / 2).await;
    let cuts = cut_commits(&mut stage, engines).await?;
    engines.database_proxy.set(Wire::Pass);
    let settled = stage.settle(Instant::now(), limit).await?;
    let audited = audit(&stage, control).await?;
    Ok(Outcome {
        scenario: "database",
        mode: stage.mode,
        faults: format!("3 outages, {cuts} cuts"),
        requests: stage.history.len(),
        findings: findings.with(audited),
        settled,
        limit,
        notes,
        folder,
    })
}

/// Links to archives that were given out before anything happened.
async fn first_links(stage: &mut Stage) -> Result<Vec<(String, String)>> {
    let first = stage.publish_copy().await?;
    let begun = Instant::now();
    while !stage.is_ingested().await? {
        anyhow::ensure!(begun.elapsed() < Duration::from_secs(120), "the first repository does not become ok");
        sleep(Duration::from_millis(100)).await;
    }
    let mut links = Vec::new();
    for version in first.versions.iter().take(5) {
        let path = format!("/api/registry/v1/modules/{}/{version}/download", first.address);
        let target = format!("{} {version}", first.address);
        let reply = stage.client.once(&Call::new("download", &target, Method::GET, path)).await;
        links.push((target, reply.location));
    }
    Ok(links)
}

async fn cut_commits(stage: &mut Stage, engines: &Engines) -> Result<u64> {
    engines.database_proxy.set(Wire::CutCommits(CUT));
    let before = engines.database_proxy.cuts();
    loop {
        let cuts = engines.database_proxy.cuts() - before;
        if cuts >= stage.scale.cuts {
            return Ok(cuts);
        }
        if stage.is_ingested().await? {
            stage.publish_copy().await?;
        }
        sleep(PACE).await;
    }
}

/// What clients saw while the wire was broken in one way.
struct Window {
    entries: Vec<super::super::history::Entry>,
    links: usize,
    recovery: Option<Duration>,
}

impl Window {
    async fn run(
        stage: &Stage,
        engines: &Engines,
        wire: Wire,
        time: Duration,
        issued: &[(String, String)],
    ) -> Result<Self> {
        let ends = Arc::new(AtomicBool::new(false));
        let asking: Vec<JoinHandle<()>> = vec![
            tokio::spawn(ask(stage.client.clone(), Arc::clone(&ends))),
            tokio::spawn(download(stage.client.clone(), issued.to_vec(), Arc::clone(&ends))),
        ];
        let from = stage.history.now();
        engines.database_proxy.set(wire);
        sleep(time).await;
        // What begins at the very end is judged by the recovery.
        let to = stage.history.now().saturating_sub(Duration::from_millis(100));
        engines.database_proxy.set(Wire::Pass);
        let recovery = recover(stage).await;
        ends.store(true, Ordering::Release);
        for task in asking {
            task.await?;
        }
        // Calls are in the history when they end.
        sleep(Duration::from_secs(1)).await;
        let entries = stage.history.between(from, to);
        let links = entries.iter().filter(|entry| entry.call == "issued").count();
        Ok(Self { entries, links, recovery })
    }

    fn judge(&self, name: &str, scale: &Scale, findings: &mut Findings, notes: &mut Vec<String>) {
        let asked = || self.entries.iter().filter(|entry| !matches!(entry.call, "issued" | "fetch" | "upload"));
        let refused = asked().filter(|entry| entry.status == 503).count();
        let longest = asked().map(|entry| entry.took).max().unwrap_or_default();
        for entry in asked().filter(|entry| entry.effect == Effect::Unknown && entry.took > scale.longest_answer) {
            let (at, took) = (entry.at.as_secs_f64(), entry.took.as_secs_f64());
            findings.other.push(format!("{name}: at {at:.2} s {} took {took:.2} s to be refused", entry.call));
        }
        for entry in asked().filter(|entry| entry.effect == Effect::Unknown) {
            if entry.status != 503 || !entry.has_retry_after {
                let answer = format!("{} {}", entry.status, entry.note);
                findings
                    .other
                    .push(format!("{name}: {} was not answered with 503 and Retry-After: {answer}", entry.call));
            }
        }
        for entry in self.entries.iter().filter(|entry| entry.call == "issued" && entry.status != 200) {
            findings.other.push(format!("{name}: an issued link answered {} {}", entry.status, entry.note));
        }
        if self.recovery.is_none_or(|recovery| recovery > scale.longest_recovery) {
            findings.other.push(format!("{name}: no recovery within {} s", scale.longest_recovery.as_secs()));
        }
        notes.push(format!(
            "{name}: {} requests, {refused} answered 503, the longest took {:.2} s; {} downloads by issued links; well again after {}",
            asked().count(),
            longest.as_secs_f64(),
            self.links,
            self.recovery.map_or_else(|| "too long".to_owned(), |time| format!("{:.1} s", time.as_secs_f64()))
        ));
    }
}

/// Until ten answers in a row are as they should be.
async fn recover(stage: &Stage) -> Option<Duration> {
    let (begun, mut well, mut first) = (Instant::now(), 0, Duration::ZERO);
    while begun.elapsed() < PATIENCE {
        let path = format!("/api/v2/organizations/{ORGANIZATION}");
        let before = begun.elapsed();
        let reply = stage.client.once(&Call::new("recovering", ORGANIZATION, Method::GET, path)).await;
        if well == 0 {
            first = before;
        }
        well = if reply.status == 200 { well + 1 } else { 0 };
        if well == 10 {
            return Some(first);
        }
        sleep(PACE).await;
    }
    None
}

/// What no gateway can answer from memory.
async fn ask(client: Client, ends: Arc<AtomicBool>) {
    let mut pace = interval(PACE);
    while !ends.load(Ordering::Acquire) {
        pace.tick().await;
        let client = client.clone();
        // Nobody waits for the one before.
        tokio::spawn(async move {
            let path = format!("/api/v2/organizations/{ORGANIZATION}/registry-modules");
            client.once(&Call::new("list", ORGANIZATION, Method::GET, path)).await;
        });
    }
}

async fn download(client: Client, links: Vec<(String, String)>, ends: Arc<AtomicBool>) {
    let mut pace = interval(PACE);
    for (target, location) in links.iter().cycle() {
        pace.tick().await;
        if ends.load(Ordering::Acquire) {
            return;
        }
        client.once(&Call::new("issued", target, Method::GET, crate::archive_address(location))).await;
    }
}
