//! Tells the broker about due jobs: in every process, at once after a local commit, and by a short poll otherwise.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use broker::Broker;
use domain::Error;
use futures::{StreamExt as _, stream};
use messages::JobDue;
use store::{
    Store,
    jobs::{self, Due},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Announced and not yet claimed, of each kind. More stays in the table, where scopes take turns.
const WINDOW: i64 = 256;
/// Finds what became due by time, and what another process committed without telling.
const POLL: Duration = Duration::from_secs(1);
/// While there may be more than fits, since workers make room all the time.
const POLL_WHILE_FULL: Duration = Duration::from_millis(100);
/// Confirms that are awaited at the same time: each takes a flush of the broker's disk.
const CONFIRMS: usize = 64;

/// Runs until `stop`. `wake` is notified after each commit that queued a job.
pub async fn run_dispatcher(store: Store, broker: Arc<dyn Broker>, wake: Arc<Notify>, stop: CancellationToken) {
    let mut is_working = true;
    loop {
        let outcome = dispatch(&store, broker.as_ref()).await;
        // One line for an outage, not one for each round.
        if let (Err(error), true) = (&outcome, is_working) {
            tracing::warn!(error = error.chain(), "Due jobs cannot be announced for now; they wait in the database");
        }
        is_working = outcome.is_ok();
        let pause = if matches!(outcome, Ok(true)) { POLL_WHILE_FULL } else { POLL };
        tokio::select! {
            () = stop.cancelled() => return,
            () = wake.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// One round over all kinds; true if there may be more than was announced.
async fn dispatch(store: &Store, broker: &dyn Broker) -> Result<bool, Error> {
    let outlook = store.read(|session| jobs::look(session, WINDOW)).await?;
    if outlook.kinds.is_empty() {
        return Ok(outlook.is_full);
    }
    let due = store.write(move |session| jobs::reserve_due(session, &outlook.kinds, WINDOW)).await?;
    let is_full = outlook.is_full || !due.is_empty();
    let mut unsent: BTreeMap<String, Due> = due.iter().map(|job| (job.id.clone(), job.clone())).collect();
    let mut publishing = stream::iter(due)
        .map(|job| async move {
            let message = JobDue { job_id: job.id };
            let published = broker.publish(job.kind, &message).await;
            (message.job_id, published)
        })
        .buffer_unordered(CONFIRMS);
    let mut outcome = Ok(is_full);
    while let Some((id, published)) = publishing.next().await {
        match published {
            Ok(()) => drop(unsent.remove(&id)),
            // The others would wait for the same.
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    drop(publishing);
    if !unsent.is_empty() {
        let unsent: Vec<Due> = unsent.into_values().collect();
        store.write(move |session| jobs::release_due(session, &unsent)).await?;
    }
    outcome
}
