//! The store of blobs refuses, resets, cuts and delays calls, and is full.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::Value;
use tokio::time::sleep;

use super::super::audit::{Control, Findings, audit};
use super::super::client::Call;
use super::super::faults::StoreFaults;
use super::super::plan::Plan;
use super::super::stage::{ORGANIZATION, Setting, Stage};
use super::super::table::Outcome;
use super::super::workload::archive;

pub(super) async fn run(setting: Setting<'_>, control: &Control) -> Result<Outcome> {
    let (folder, limit) = (setting.folder.to_owned(), Duration::from_secs(120));
    let engines = setting.engines.context("there is no store to break")?;
    engines.store_proxy.set(StoreFaults::default());
    let mut stage = Stage::open(setting, &Plan { store_proxy: true, ..Plan::default() }).await?;
    engines.store_proxy.seed(stage.random.fork());
    let mut random = stage.random.fork();
    stage.workload.start_uploaders(2, &mut random);
    stage.workload.start_installers(2, &mut random);
    let before = engines.store_proxy.counts();
    for percent in stage.scale.store_rates.clone() {
        engines.store_proxy.set(StoreFaults { percent, full: false });
        work_for(&mut stage).await?;
    }
    engines.store_proxy.set(StoreFaults { percent: 0, full: true });
    work_for(&mut stage).await?;
    let from = stage.history.now().saturating_sub(stage.scale.store_time);
    let full_until = stage.history.now();
    engines.store_proxy.set(StoreFaults::default());
    let after = engines.store_proxy.counts();
    let last = Instant::now();
    stage.workload.end().await;
    let retried = try_again(&mut stage).await?;
    let settled = stage.settle(last, limit).await?;
    let mut findings = audit(&stage, control).await?;
    forgive_dead_jobs(&stage, &mut findings)?;
    let refused = judge_uploads(&stage, from, full_until, &mut findings);
    Ok(Outcome {
        scenario: "store",
        mode: stage.mode,
        faults: format!("{} of {} calls", after.1 - before.1, after.0 - before.0),
        requests: stage.history.len(),
        findings,
        settled,
        limit,
        notes: vec![
            format!("{refused} uploads were answered with 503 or 507 while the store was full"),
            format!("{retried} versions had failed five times and became ok when they were tried again"),
        ],
        folder,
    })
}

/// Publishes while the store is as it is.
async fn work_for(stage: &mut Stage) -> Result<()> {
    let begun = Instant::now();
    stage.publish_copy().await?;
    while begun.elapsed() < stage.scale.store_time {
        sleep(Duration::from_millis(200)).await;
        if stage.is_ingested().await? {
            stage.publish_copy().await?;
        }
    }
    Ok(())
}

/// An owner tries again what was given up: with force for what came from Git, with the same bytes for uploads.
async fn try_again(stage: &mut Stage) -> Result<usize> {
    let (begun, mut retried) = (Instant::now(), std::collections::BTreeSet::new());
    while begun.elapsed() < Duration::from_secs(90) {
        let rows = stage.system.ask(
            "SELECT m.id, m.name, v.version, m.repository_id FROM module_versions v JOIN modules m ON m.id = v.module_id \
             WHERE v.status = 'errored'",
        )?;
        for row in rows.lines() {
            if retried.insert(row.to_owned()) {
                let fields: Vec<&str> = row.split('|').collect();
                if let [id, name, version, repository] = fields[..] {
                    retry(stage, id, &format!("{ORGANIZATION}/{name}/test"), version, repository.is_empty()).await;
                }
            }
        }
        if rows.is_empty() && stage.active_jobs()?.is_empty() {
            break;
        }
        sleep(Duration::from_millis(200)).await;
    }
    Ok(retried.len())
}

async fn retry(stage: &Stage, id: &str, address: &str, version: &str, is_upload: bool) {
    let target = format!("{address} {version}");
    if !is_upload {
        let path = format!("/api/v2/registry-modules/{id}/actions/resync?force=true");
        stage.client.until_known(&Call::new("force", &target, Method::POST, path), |_| false).await;
        return;
    }
    let path = format!(
        "/api/v2/organizations/{ORGANIZATION}/registry-modules/private/{address}/version?module_version={version}"
    );
    let reply = stage.client.until_known(&Call::new("read-version", &target, Method::GET, path), |_| false).await;
    if let Some(link) = reply.json().pointer("/data/links/upload").and_then(Value::as_str) {
        let call = Call::new("upload", &target, Method::PUT, link.to_owned()).bytes(archive(address, version));
        stage.client.until_known(&call, |_| false).await;
    }
}

/// Five failed calls to the store in a row are a reason to give up; what counts is that trying again helped.
fn forgive_dead_jobs(stage: &Stage, findings: &mut Findings) -> Result<()> {
    let errored = stage.system.ask("SELECT COUNT(*) FROM module_versions WHERE status = 'errored'")?;
    if errored == "0" {
        findings.lost.retain(|text| !text.starts_with("a job was given up"));
    }
    Ok(())
}

/// While it was full: never 200, and a refusal that says that it is ours.
fn judge_uploads(stage: &Stage, from: Duration, to: Duration, findings: &mut Findings) -> usize {
    // What began when it just became full may have passed.
    let entries = stage.history.between(from + Duration::from_secs(1), to.saturating_sub(Duration::from_secs(1)));
    let uploads: Vec<_> = entries.iter().filter(|entry| entry.call == "upload").collect();
    for entry in uploads.iter().filter(|entry| !matches!(entry.status, 503 | 507)) {
        let answer = format!("{} {}", entry.status, entry.note);
        findings.other.push(format!("an upload to a full store was answered with {answer}"));
    }
    uploads.iter().filter(|entry| matches!(entry.status, 503 | 507)).count()
}
