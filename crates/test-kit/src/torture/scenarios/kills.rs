//! SIGKILL to any process, at any moment, while tags are ingested and clients work.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::time::sleep;

use super::super::Mode;
use super::super::audit::{Control, audit};
use super::super::plan::Plan;
use super::super::stage::{Setting, Stage};
use super::super::table::Outcome;

pub(super) async fn run(setting: Setting<'_>, control: &Control) -> Result<Outcome> {
    let folder = setting.folder.to_owned();
    let limit = Duration::from_secs(if setting.mode == Mode::Embedded { 60 } else { 120 });
    let mut stage = Stage::open(setting, &Plan::default()).await?;
    stage.publish_copy().await?;
    let mut random = stage.random.fork();
    stage.workload.start_uploaders(2, &mut random);
    stage.workload.start_installers(2, &mut random);
    let (killed, last) = kill_at_random(&mut stage).await?;
    let settled = stage.settle(last, limit).await?;
    let findings = audit(&stage, control).await?;
    let victims: Vec<String> = killed.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let versions = stage.published.len() * stage.scale.tags;
    Ok(Outcome {
        scenario: "kills",
        mode: stage.mode,
        faults: format!("{} SIGKILLs", stage.scale.kills),
        requests: stage.history.len(),
        findings,
        settled,
        limit,
        notes: vec![
            format!("killed: {}", victims.join(", ")),
            format!("{} repositories, {versions} tags; work was under way at each kill", stage.published.len()),
        ],
        folder,
    })
}

/// Whom, and when the last one died.
async fn kill_at_random(stage: &mut Stage) -> Result<(BTreeMap<String, usize>, Instant)> {
    let mut killed = BTreeMap::new();
    let longest = u64::try_from(stage.scale.kill_pause.as_millis()).unwrap_or(u64::MAX);
    for _ in 0..stage.scale.kills {
        // Where the work is over, there is new work, so that each kill hits some.
        if stage.is_ingested().await? {
            stage.publish_copy().await?;
        }
        sleep(Duration::from_millis(stage.random.below(longest))).await;
        let victim = usize::try_from(stage.random.below(stage.system.count() as u64)).unwrap_or(0);
        let name = stage.system.kill(victim)?;
        *killed.entry(name).or_default() += 1;
    }
    Ok((killed, Instant::now()))
}
