//! Queues that the server cannot use any more are made anew.
//!
//! A server that dies right after a queue was made may come back with a queue that it knows and cannot start. It then
//! takes no message and serves no consumer, for ever, while declaring it succeeds: it refuses, or it does not answer at all,
//! waiting for a leader that nobody elects. Nothing is lost by deleting it: the database announces its jobs again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Error, JobKind};
use lapin::options::{BasicGetOptions, QueueDeleteOptions};
use tokio::time::{Instant, timeout};

use super::{
    address::Address,
    session::{Session, step},
    topology,
};

const REPAIRING: &str = "making a queue of the broker anew";
/// A queue that refuses for so long is broken. A new leader in a cluster takes less.
const REFUSING: Series = Series { patience: Duration::from_secs(5), longest_gap: Duration::from_secs(5) };
/// The same for one that does not answer: an overloaded server, or a cluster that waits for its nodes, gets more time.
const SILENT: Series = Series { patience: Duration::from_secs(8), longest_gap: Duration::from_secs(30) };
/// How long a queue that is suspected of being broken is asked for its next message.
const LAST_CHANCE: Duration = Duration::from_secs(4);
/// From one attempt to repair a queue to the next.
const REST: Duration = Duration::from_secs(10);

/// Failures of one sort. Those that are further apart than the longest gap are several troubles.
struct Series {
    patience: Duration,
    longest_gap: Duration,
}

/// What the connections of a process saw of each queue. Only what that queue did on a sound connection is told here: not
/// lost connections, and not messages that no queue was there to take.
pub(super) struct Repair {
    address: Address,
    queues: Mutex<HashMap<JobKind, Trouble>>,
}

/// Of one queue.
#[derive(Default)]
struct Trouble {
    refusing: Option<Failing>,
    silent: Option<Failing>,
    /// When a repair was begun.
    attempted: Option<Instant>,
    /// Why the repair failed, as it was told.
    told: String,
}

#[derive(Clone, Copy)]
struct Failing {
    since: Instant,
    latest: Instant,
}

impl Repair {
    pub(super) fn new(address: Address) -> Arc<Self> {
        Arc::new(Self { address, queues: Mutex::default() })
    }

    /// The queue took a message, or gave one.
    pub(super) fn succeeded(&self, kind: JobKind) {
        if let Some(trouble) = self.queues().get_mut(&kind) {
            trouble.end();
        }
    }

    /// The queue itself failed. Begins its repair if that went on for too long.
    pub(super) fn failed(self: &Arc<Self>, kind: JobKind) {
        let is_broken = self.queues().entry(kind).or_default().refuses(Instant::now());
        if is_broken {
            tokio::spawn(Arc::clone(self).repair(kind));
        }
    }

    /// The queue did not answer for so long, on a connection that is not blocked. Begins its repair if that went on for too
    /// long.
    pub(super) fn timed_out(self: &Arc<Self>, kind: JobKind, waited: Duration) {
        let is_broken = self.queues().entry(kind).or_default().is_silent(Instant::now(), waited);
        if is_broken {
            tokio::spawn(Arc::clone(self).repair(kind));
        }
    }

    /// The server cannot be reached: what fails when it is back is another trouble.
    pub(super) fn forget(&self) {
        self.queues().values_mut().for_each(Trouble::end);
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<JobKind, Trouble>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn repair(self: Arc<Self>, kind: JobKind) {
        let queue = topology::queue_of(kind);
        // Another process may have been faster, and its queue must not be taken away again.
        if self.gives(&queue).await.is_ok() {
            return;
        }
        let told = match self.make_anew(&queue).await {
            Ok(()) => {
                tracing::warn!(queue, server = %self.address,
                    "A queue was broken and is made anew; its messages are announced again from the database");
                String::new()
            }
            Err(error) => error.chain(),
        };
        let before = std::mem::replace(&mut self.queues().entry(kind).or_default().told, told.clone());
        // Once for each reason.
        if !told.is_empty() && told != before {
            tracing::warn!(queue, server = %self.address, error = told,
                "A broken queue cannot be made anew; trying again");
        }
    }

    /// Looks at the next message, and leaves it there.
    async fn gives(self: &Arc<Self>, queue: &str) -> Result<(), Error> {
        let session = Session::connect(&self.address, self, "quarry repairing").await?;
        let channel = session.bare_channel().await?;
        let getting = step(REPAIRING, channel.basic_get(queue.into(), BasicGetOptions::default()));
        timeout(LAST_CHANCE, getting).await.map_err(|late| Error::unavailable(REPAIRING, late))??;
        session.close().await;
        Ok(())
    }

    /// On a connection of its own, since a refusal ends it.
    async fn make_anew(self: &Arc<Self>, queue: &str) -> Result<(), Error> {
        let session = Session::connect(&self.address, self, "quarry repairing").await?;
        let channel = session.bare_channel().await?;
        step(REPAIRING, channel.queue_delete(queue.into(), QueueDeleteOptions::default())).await?;
        session.channel().await?;
        session.close().await;
        Ok(())
    }
}

impl Trouble {
    /// Whether the queue, which refused just now, is to be repaired. The next repair then needs failures of its own.
    fn refuses(&mut self, now: Instant) -> bool {
        let failing = REFUSING.with(self.refusing, now, now);
        self.refusing = Some(failing);
        self.is_broken(REFUSING.patience, failing)
    }

    /// The same for a queue that did not answer for so long.
    fn is_silent(&mut self, now: Instant, waited: Duration) -> bool {
        let failing = SILENT.with(self.silent, now.checked_sub(waited).unwrap_or(now), now);
        self.silent = Some(failing);
        self.is_broken(SILENT.patience, failing)
    }

    fn is_broken(&mut self, patience: Duration, failing: Failing) -> bool {
        let now = failing.latest;
        let rested = self.attempted.is_none_or(|at| now.duration_since(at) >= REST);
        let is_broken = rested && now.duration_since(failing.since) >= patience;
        if is_broken {
            self.attempted = Some(now);
            self.end();
        }
        is_broken
    }

    fn end(&mut self) {
        (self.refusing, self.silent) = (None, None);
    }
}

impl Series {
    /// `earlier` and one more failure, which began and ended then.
    fn with(&self, earlier: Option<Failing>, began: Instant, ended: Instant) -> Failing {
        let earlier = earlier.filter(|failing| began.duration_since(failing.latest) <= self.longest_gap);
        Failing { since: earlier.map_or(began, |failing| failing.since), latest: ended }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds at which failures led to a repair.
    fn repairs(failures: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let (mut trouble, start) = (Trouble::default(), Instant::now());
        failures.into_iter().filter(|second| trouble.refuses(start + Duration::from_secs(*second))).collect()
    }

    #[test]
    fn one_that_does_not_answer_gets_more_time() {
        let (mut trouble, start) = (Trouble::default(), Instant::now());
        let mut times_out = |(end, waited): (u64, u64)| {
            trouble.is_silent(start + Duration::from_secs(end), Duration::from_secs(waited))
        };
        assert!(!times_out((5, 5)));
        assert!(times_out((11, 5)), "it is silent since 0");
        assert_eq!([(26, 5), (70, 5)].map(&mut times_out), [false, false], "too far apart");
        assert!(times_out((120, 10)), "one wait that is long enough");
    }

    #[test]
    fn failing_for_five_seconds_is_repaired() {
        assert!(repairs([0, 1, 2, 3, 4]).is_empty());
        assert_eq!(repairs([0, 1, 2, 3, 4, 5]), [5]);
    }

    #[test]
    fn failures_far_apart_are_no_broken_queue() {
        assert!(repairs([0, 6, 12, 18, 24, 30]).is_empty());
        assert!(repairs([0, 1, 8, 9, 12]).is_empty());
    }

    #[test]
    fn repairs_of_one_queue_are_ten_seconds_apart() {
        assert_eq!(repairs(0..=30), [5, 15, 25]);
    }

    #[tokio::test]
    async fn a_success_and_an_unreachable_server_end_the_trouble() {
        let kind = JobKind::ParseVersion;
        let is_failing = |repair: &Repair| repair.queues().get(&kind).is_some_and(|trouble| trouble.refusing.is_some());
        let repair = Repair::new(Address::parse("amqp://rabbit").expect("well-formed"));

        repair.failed(kind);
        assert!(is_failing(&repair));
        repair.succeeded(kind);
        assert!(!is_failing(&repair));

        repair.failed(kind);
        repair.forget();
        assert!(!is_failing(&repair));
    }
}
