//! Tells the broker about due jobs: in every process, at once after a local commit, and by a short poll otherwise.

use std::{sync::Arc, time::Duration};

use broker::Broker;
use domain::{Error, JobKind};
use futures::{StreamExt as _, stream};
use messages::JobDue;
use store::{Store, jobs};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Announced and not yet claimed, of each kind. More stays in the table, where scopes take turns.
const WINDOW: i64 = 256;
/// Finds what became due by time, and what another process committed without telling.
const POLL: Duration = Duration::from_secs(1);
/// While a window is full, workers make room all the time.
const POLL_WHILE_FULL: Duration = Duration::from_millis(25);

/// Confirms that are awaited at the same time: each takes a flush of the broker's disk.
const CONFIRMS: usize = 64;

/// Runs until `stop`. `wake` is notified after each commit that queued a job.
pub async fn run_dispatcher(store: Store, broker: Arc<dyn Broker>, wake: Arc<Notify>, stop: CancellationToken) {
    loop {
        let pause = match dispatch(&store, broker.as_ref()).await {
            Ok(true) => POLL_WHILE_FULL,
            Ok(false) => POLL,
            Err(error) => {
                tracing::warn!(error = error.chain(), "Due jobs could not be announced; trying again");
                POLL
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = wake.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// One round over all kinds; true if a window is full.
async fn dispatch(store: &Store, broker: &dyn Broker) -> Result<bool, Error> {
    let due = store
        .read(|session| {
            let mut due = Vec::new();
            for kind in JobKind::ALL {
                due.extend(jobs::list_due(session, kind, WINDOW)?);
            }
            Ok(due)
        })
        .await?;
    if due.is_empty() {
        return Ok(false);
    }
    let (mut announced, mut outcome) = (Vec::with_capacity(due.len()), Ok(true));
    let mut publishing = stream::iter(due)
        .map(|job| async move {
            let published = broker.publish(job.kind, &JobDue { job_id: job.id.clone() }).await;
            (job, published)
        })
        .buffer_unordered(CONFIRMS);
    while let Some((job, published)) = publishing.next().await {
        match published {
            Ok(()) => announced.push(job),
            // The others would wait for the same: they are due again with the next round.
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    drop(publishing);
    store.write(move |session| jobs::set_dispatched(session, &announced)).await?;
    outcome
}
