//! Workers stand still for longer than their lease, with their children, and then go on as if nothing had happened.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::time::sleep;

use crate::cluster::{Role, Roles};

use super::super::audit::{Control, audit};
use super::super::plan::Plan;
use super::super::signals::{self, Signal};
use super::super::stage::{Setting, Stage};
use super::super::table::Outcome;

/// A lease, and a while for others to take over.
const STANDSTILL: Duration = Duration::from_secs(17);
const WORKERS: usize = 3;

pub(super) async fn run(setting: Setting<'_>, control: &Control) -> Result<Outcome> {
    let (folder, limit) = (setting.folder.to_owned(), Duration::from_secs(60));
    let roles = Roles { gateways: 1, archivists: 1, ingestors: WORKERS, parsers: WORKERS };
    let mut stage = Stage::open(setting, &Plan { roles, ..Plan::default() }).await?;
    let mut random = stage.random.fork();
    stage.workload.start_uploaders(2, &mut random);
    stage.workload.start_installers(1, &mut random);
    let (mut pauses, mut held) = (0, 0);
    while pauses < stage.scale.pauses {
        stage.publish_copy().await?;
        let (paused, busy) = pause_some(&mut stage, pauses).await?;
        pauses += paused;
        held += busy;
    }
    let settled = stage.settle(Instant::now(), limit).await?;
    let findings = audit(&stage, control).await?;
    let fenced = stage.system.log_lines("Another worker has the job now").len();
    Ok(Outcome {
        scenario: "pauses",
        mode: stage.mode,
        faults: format!("{pauses} pauses"),
        requests: stage.history.len(),
        findings,
        settled,
        limit,
        notes: vec![format!(
            "paused workers held {held} jobs whose lease ran out; {fenced} times a worker learned that another has its job"
        )],
        folder,
    })
}

/// One or two workers of each kind at the same time, in the middle of their work; how many, and how many jobs they held.
async fn pause_some(stage: &mut Stage, done: usize) -> Result<(usize, usize)> {
    let wanted = (stage.scale.pauses - done).min(2 * (WORKERS - 1));
    let after = Duration::from_millis(100 + stage.random.below(500));
    wait_for_work(stage).await?;
    sleep(after).await;
    let running = "SELECT id FROM jobs WHERE state = 'running' AND kind <> 'purge'";
    let mut pids = Vec::new();
    for (number, member) in stage.system.cluster()?.all().iter().enumerate() {
        let is_worker = matches!(member.role(), Role::Ingestor | Role::Parser);
        // The numbers of a role follow each other: of each, all but one are paused.
        let is_spared = (number + done).is_multiple_of(WORKERS);
        if let Some(pid) = member.pid().filter(|_| is_worker && !is_spared && pids.len() < wanted) {
            pids.push(pid);
        }
    }
    let all: Vec<u32> = pids.iter().flat_map(|pid| std::iter::once(*pid).chain(signals::children_of(*pid))).collect();
    all.iter().for_each(|pid| signals::send(*pid, Signal::STOP));
    let before = stage.system.ask(running)?;
    sleep(STANDSTILL).await;
    let lost = stage.system.ask(&format!(
        "SELECT COUNT(*) FROM jobs WHERE lost > 1 OR (state = 'running' AND lease_until < {})",
        "(EXTRACT(EPOCH FROM now()) * 1000)::bigint"
    ))?;
    all.iter().for_each(|pid| signals::send(*pid, Signal::CONT));
    let held = before.lines().count().max(lost.parse().unwrap_or(0));
    Ok((pids.len(), held))
}

async fn wait_for_work(stage: &Stage) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    while stage.active_jobs()?.is_empty() && Instant::now() < deadline {
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}
