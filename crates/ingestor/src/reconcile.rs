//! Looks at every repository now and then, so that nothing depends on being told; and sweeps what was left behind.

use std::time::{Duration, SystemTime};

use domain::{Error, JobKind};
use job_runner::Runner;
use store::{
    Connection, audit,
    jobs::{self, NewJob},
    now, repositories, webhooks,
};

use crate::{Ingestor, mirrors};

/// Between two looks for repositories that are due.
const ROUND: Duration = Duration::from_secs(15);
/// Queued in one round; the rest waits for the next.
const MOST_AT_ONCE: i64 = 200;
/// Uploads and temporary files older than any link that could still complete them.
const LEFT_BEHIND: Duration = Duration::from_secs(48 * 60 * 60);
/// Dead jobs are kept for operators to look at: 30 days.
const DEAD_JOBS_MILLIS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Between two sweeps.
const SWEEP: Duration = Duration::from_secs(60 * 60);

/// Runs until told to stop.
pub(crate) async fn run(ingestor: &Ingestor, runner: &Runner) {
    let mut last_sweep = None;
    loop {
        if let Some(interval) = ingestor.config.reconcile
            && let Err(error) = queue_stale(runner, interval).await
        {
            tracing::warn!(error = error.chain(), "Repositories that are due could not be queued");
        }
        if last_sweep.is_none_or(|at: SystemTime| at.elapsed().is_ok_and(|passed| passed >= SWEEP)) {
            last_sweep = Some(SystemTime::now());
            if let Err(error) = sweep(ingestor, runner).await {
                tracing::warn!(error = error.chain(), "What was left behind could not be swept");
            }
        }
        tokio::select! {
            () = runner.stop.cancelled() => return,
            () = tokio::time::sleep(ROUND) => {}
        }
    }
}

async fn queue_stale(runner: &Runner, interval: Duration) -> Result<(), Error> {
    let millis = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
    let stale = runner.store.read(move |session| repositories::list_stale(session, millis, MOST_AT_ONCE)).await?;
    if stale.is_empty() {
        return Ok(());
    }
    runner
        .store
        .write(move |session| {
            stale
                .iter()
                .try_for_each(|(id, scope)| jobs::enqueue(session, NewJob::new(JobKind::SyncRepository, id, scope)))
        })
        .await
}

async fn sweep(ingestor: &Ingestor, runner: &Runner) -> Result<(), Error> {
    let before = SystemTime::now() - LEFT_BEHIND;
    for key in ingestor.blobs.list_staged_older_than(before).await? {
        ingestor.blobs.delete_staged(&key).await?;
    }
    ingestor.blobs.remove_leftovers(before).await?;
    let folder = ingestor.config.mirrors.clone();
    tokio::task::spawn_blocking(move || mirrors::trim(&folder))
        .await
        .map_err(|source| Error::internal("trimming the mirrors", source))?
        .map_err(|source| Error::unavailable("trimming the mirrors", source))?;
    runner
        .store
        .write(|session| {
            let before = now(session)? - DEAD_JOBS_MILLIS;
            jobs::delete_dead_before(session, before).map(drop)
        })
        .await?;
    if let Some(days) = ingestor.config.audit_days {
        sweep_table(runner, move |session| audit::sweep(session, days)).await?;
    }
    sweep_table(runner, webhooks::sweep).await
}

/// In small batches, so that nobody waits for it.
async fn sweep_table(
    runner: &Runner,
    sweep: impl Fn(&mut Connection) -> Result<bool, Error> + Copy + Send + 'static,
) -> Result<(), Error> {
    while runner.store.write(sweep).await? {
        if runner.stop.is_cancelled() {
            break;
        }
    }
    Ok(())
}
