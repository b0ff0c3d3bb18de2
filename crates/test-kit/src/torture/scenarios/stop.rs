//! SIGTERM to every process in turn while clients call a hundred times a second: nobody notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use reqwest::Method;
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep};

use super::super::Mode;
use super::super::audit::{Control, Findings, audit};
use super::super::client::{Call, Client};
use super::super::history::Effect;
use super::super::plan::Plan;
use super::super::stage::{Setting, Stage};
use super::super::table::Outcome;

/// Between two calls of one of the callers.
const PACE: Duration = Duration::from_millis(20);
const CALLERS: usize = 3;
const LONGEST: Duration = Duration::from_secs(30);

pub(super) async fn run(setting: Setting<'_>, control: &Control) -> Result<Outcome> {
    let (folder, limit) = (setting.folder.to_owned(), Duration::from_secs(60));
    // Longer than a load balancer takes to see that a process is not ready any more.
    let plan = Plan { settings: vec![("QUARRY_DRAIN_SECONDS".to_owned(), "1".to_owned())], ..Plan::default() };
    let mut stage = Stage::open(setting, &plan).await?;
    let first = stage.publish_copy().await?;
    let mut random = stage.random.fork();
    stage.workload.start_uploaders(2, &mut random);
    stage.workload.start_installers(2, &mut random);
    let ends = Arc::new(AtomicBool::new(false));
    let callers: Vec<JoinHandle<()>> = (0..CALLERS)
        .map(|_| tokio::spawn(call(stage.client.clone(), first.address.clone(), Arc::clone(&ends))))
        .collect();
    let (from, begun) = (stage.history.now(), Instant::now());
    let (stops, longest) = stop_all(&mut stage).await?;
    let (to, took) = (stage.history.now(), begun.elapsed());
    ends.store(true, Ordering::Release);
    for caller in callers {
        caller.await?;
    }
    let settled = stage.settle(Instant::now(), limit).await?;
    let mut findings = audit(&stage, control).await?;
    let calls = stage.history.between(from, to).len();
    check(&stage, from, to, &mut findings);
    if longest > LONGEST {
        findings.other.push(format!("a process took {:.1} s to stop", longest.as_secs_f64()));
    }
    Ok(Outcome {
        scenario: "stop",
        mode: stage.mode,
        faults: format!("{stops} SIGTERMs"),
        requests: stage.history.len(),
        findings,
        settled,
        limit,
        notes: vec![
            format!("{:.0} requests/s meanwhile", calls as f64 / took.as_secs_f64()),
            format!("the slowest stop took {:.2} s", longest.as_secs_f64()),
        ],
        folder,
    })
}

async fn stop_all(stage: &mut Stage) -> Result<(usize, Duration)> {
    let (mut stops, mut longest) = (0, Duration::ZERO);
    let victims: Vec<usize> = if stage.mode == Mode::Embedded { vec![0] } else { (0..stage.system.count()).collect() };
    for round in 0..stage.scale.stops {
        for victim in &victims {
            if stage.is_ingested().await? {
                stage.publish_copy().await?;
            }
            // Of each role one is stopped in the short form.
            if stage.scale.stops == 1 && victims.len() > 1 && victim % 2 != round % 2 {
                continue;
            }
            sleep(Duration::from_millis(stage.random.below(500))).await;
            let (_, took) = stage.system.stop(*victim)?;
            (stops, longest) = (stops + 1, longest.max(took));
        }
    }
    Ok((stops, longest))
}

async fn call(client: Client, address: String, ends: Arc<AtomicBool>) {
    let mut pace = interval(PACE);
    while !ends.load(Ordering::Acquire) {
        pace.tick().await;
        let path = format!("/api/registry/v1/modules/{address}/versions");
        client.once(&Call::new("versions", &address, Method::GET, path)).await;
    }
}

/// Every request that was made meanwhile was answered, and none by a failure.
fn check(stage: &Stage, from: Duration, to: Duration, findings: &mut Findings) {
    let failed = stage.history.between(from, to).into_iter().filter(|entry| entry.effect == Effect::Unknown);
    findings.other.extend(failed.map(|entry| {
        let at = entry.at.as_secs_f64();
        format!("at {at:.2} s {} of {} failed: {} {}", entry.call, entry.target, entry.status, entry.note)
    }));
}
