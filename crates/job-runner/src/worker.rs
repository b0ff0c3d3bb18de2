//! The loop around every worker: claim, renew, run, and tell how it ended.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use broker::{Broker, Delivery};
use domain::{Error, JobKind, Later};
use store::{
    Connection, Store,
    jobs::{self, ClaimedJob, Failure},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{JobHandle, child::ForUser};

/// A third of the lease: two renewals may fail before it is lost.
const RENEWAL: Duration = Duration::from_secs(5);
/// Before a broken consumer is made anew.
const RECONNECT: Duration = Duration::from_secs(1);
/// The longest pause between two attempts, in milliseconds.
const LONGEST_PAUSE: i64 = 5 * 60 * 1000;
/// And the longest that somebody else may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
/// The first pause between two attempts, in milliseconds; doubled each time.
const FIRST_PAUSE: i64 = 2_000;

/// How a job ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// `JobHandle::finish` was called.
    Finished,
    /// There is more to do, by this or another process.
    HandBack,
    /// Nothing was done, and it is of no use to try before so long.
    Later(Duration),
}

/// One kind of work. Must be safe to run twice: load, see whether there is still something to do, do the slow thing, and
/// record it together with the end of the job.
#[async_trait]
pub trait Worker: Send + Sync + 'static {
    const KIND: JobKind;

    /// Does the job. Every write goes through the handle, so that it is fenced.
    async fn handle(&self, job: &JobHandle) -> Result<Outcome, Error>;

    /// The job is given up: the target becomes `errored` with `message`, in the transaction that marks the job dead.
    fn gave_up(&self, session: &mut Connection, job: &ClaimedJob, message: &str) -> Result<(), Error>;
}

/// What all workers of a process share.
#[derive(Clone)]
pub struct Runner {
    pub store: Store,
    pub broker: Arc<dyn Broker>,
    pub stop: CancellationToken,
}

/// Runs up to `concurrency` jobs of one kind at a time until told to stop; then waits for those under way.
pub async fn run_worker<W: Worker>(runner: Runner, worker: Arc<W>, concurrency: u16) {
    let mut under_way = JoinSet::new();
    while !runner.stop.is_cancelled() {
        let Err(error) = consume(&runner, &worker, concurrency, &mut under_way).await else { continue };
        tracing::warn!(kind = W::KIND.as_str(), error = error.chain(), "A consumer ended; making another");
        tokio::select! {
            () = runner.stop.cancelled() => {}
            () = tokio::time::sleep(RECONNECT) => {}
        }
    }
    while under_way.join_next().await.is_some() {}
}

/// Until told to stop, or until the consumer breaks: then the jobs under way go on.
async fn consume<W: Worker>(
    runner: &Runner,
    worker: &Arc<W>,
    concurrency: u16,
    under_way: &mut JoinSet<()>,
) -> Result<(), Error> {
    let mut consumer = tokio::select! {
        () = runner.stop.cancelled() => return Ok(()),
        consumer = runner.broker.consume(W::KIND, concurrency) => consumer?,
    };
    loop {
        let has_place = under_way.len() < usize::from(concurrency);
        tokio::select! {
            biased;
            () = runner.stop.cancelled() => return Ok(()),
            Some(_) = under_way.join_next() => {}
            delivery = consumer.next(), if has_place => {
                under_way.spawn(serve(runner.clone(), Arc::clone(worker), delivery?));
            }
        }
    }
}

async fn serve<W: Worker>(runner: Runner, worker: Arc<W>, delivery: Delivery) {
    let id = delivery.message.job_id.clone();
    match claim(&runner, &id).await {
        // Not acknowledged: somebody else gets the message.
        Err(error) => return tracing::warn!(job.id = id, error = error.chain(), "A job could not be claimed"),
        Ok(None) => {}
        Ok(Some(job)) => {
            if let Err(error) = attempt(&runner, worker, job).await {
                // The lease runs out, and the dispatcher sends the job to somebody else.
                tracing::warn!(job.id = id, error = error.chain(), "The end of a job could not be recorded");
            }
        }
    }
    if let Err(error) = delivery.acknowledge().await {
        tracing::warn!(job.id = id, error = error.chain(), "A delivery could not be acknowledged");
    }
}

/// While the database is away the message is held: giving it back would only make it come again.
async fn claim(runner: &Runner, id: &str) -> Result<Option<ClaimedJob>, Error> {
    loop {
        let wanted = id.to_owned();
        match runner.store.write(move |session| jobs::claim(session, &wanted)).await {
            Err(error) if error.is_transient() => tokio::select! {
                () = runner.stop.cancelled() => return Err(error),
                () = tokio::time::sleep(RECONNECT) => {}
            },
            outcome => return outcome,
        }
    }
}

async fn attempt<W: Worker>(runner: &Runner, worker: Arc<W>, job: ClaimedJob) -> Result<(), Error> {
    if job.lost > jobs::LOST_ATTEMPTS {
        let error = Error::internal("running a job", "its process vanished again and again");
        return record_failure(runner, worker, job, error).await;
    }
    let handle = JobHandle::new(runner.store.clone(), job.clone(), runner.stop.clone());
    match run_with_renewal(&worker, handle).await {
        Ok(Outcome::Finished) => Ok(()),
        Ok(Outcome::HandBack) => hand_back(runner, job, Duration::ZERO).await,
        Ok(Outcome::Later(pause)) => hand_back(runner, job, pause).await,
        Err(Error::LeaseLost) => {
            tracing::info!(job.id = job.id, kind = W::KIND.as_str(), "Another worker has the job now");
            Ok(())
        }
        Err(error) => record_failure(runner, worker, job, error).await,
    }
}

async fn hand_back(runner: &Runner, job: ClaimedJob, pause: Duration) -> Result<(), Error> {
    let millis = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
    runner.store.write(move |session| jobs::hand_back(session, &job, millis)).await
}

/// A panic of the worker is a failure like others; the loss of the lease ends the worker where it stands.
async fn run_with_renewal<W: Worker>(worker: &Arc<W>, handle: JobHandle) -> Result<Outcome, Error> {
    let mut running = {
        let (worker, handle) = (Arc::clone(worker), handle.clone());
        tokio::spawn(async move { worker.handle(&handle).await })
    };
    let mut renewal = tokio::time::interval_at(tokio::time::Instant::now() + RENEWAL, RENEWAL);
    loop {
        tokio::select! {
            outcome = &mut running => {
                return outcome.unwrap_or_else(|panic| Err(Error::internal("running a job", panic)));
            }
            _ = renewal.tick() => match handle.write(|_| Ok(())).await {
                Err(Error::LeaseLost) => {
                    running.abort();
                    return Err(Error::LeaseLost);
                }
                Err(error) => tracing::warn!(error = error.chain(), "A lease was not renewed; trying again"),
                Ok(()) => {}
            }
        }
    }
}

async fn record_failure<W: Worker>(
    runner: &Runner,
    worker: Arc<W>,
    job: ClaimedJob,
    error: Error,
) -> Result<(), Error> {
    let (id, target, chain) = (job.id.clone(), job.target.clone(), error.chain());
    let (transient, jitter) = (error.is_transient(), jitter());
    // As long as it was asked for, within reason: a host that is mistaken must not hold a repository up for ever.
    let least = error.wait().unwrap_or_default().min(LONGEST_WAIT).as_millis();
    let least = i64::try_from(least).unwrap_or(i64::MAX);
    let (of_target, cause) = (job.clone(), chain.clone());
    let outcome = runner
        .store
        .write(move |session| {
            let outcome =
                jobs::fail(session, &of_target, &cause, transient, |attempt| pause_before(attempt, jitter).max(least))?;
            if outcome == Failure::GivenUp {
                worker.gave_up(session, &of_target, &message_for_user(&error))?;
            }
            Ok(outcome)
        })
        .await;
    match outcome {
        Ok(Failure::Again) => {
            tracing::info!(
                job.id = id,
                target,
                kind = W::KIND.as_str(),
                error = chain,
                "A job failed and will be tried again"
            );
            Ok(())
        }
        Ok(Failure::GivenUp) => {
            tracing::warn!(job.id = id, target, kind = W::KIND.as_str(), error = chain, "Gave up a job");
            Ok(())
        }
        Err(Error::LeaseLost) => Ok(()),
        Err(error) if error.is_transient() => Err(error),
        // Its target cannot be told; the job must not come back for ever all the same.
        Err(refusal) => {
            tracing::error!(
                job.id = id,
                target,
                error = refusal.chain(),
                "A job was given up, and its target was not told"
            );
            let both = format!("{chain}; and its target could not be told: {}", refusal.chain());
            runner.store.write(move |session| jobs::fail(session, &job, &both, false, |_| 0).map(drop)).await
        }
    }
}

/// What a child says of foreign bytes and servers is for the user; causes inside the service are for the log.
fn message_for_user(error: &Error) -> String {
    match error {
        Error::Unavailable { source, .. } if source.is::<ForUser>() || source.is::<Later>() => {
            format!("{error}: {source}")
        }
        Error::Unavailable { .. } | Error::Internal { .. } => format!("{error}; the log of the server says more"),
        _ => error.to_string(),
    }
}

/// Doubled for each attempt, between a half and the whole of it, so that what failed together does not come back together.
fn pause_before(attempt: i32, jitter: u8) -> i64 {
    let doublings = u32::try_from(attempt.clamp(1, 16) - 1).unwrap_or(0);
    let whole = (FIRST_PAUSE << doublings).min(LONGEST_PAUSE);
    whole / 2 + whole / 2 * i64::from(jitter) / 255
}

fn jitter() -> u8 {
    let mut byte = [0u8];
    // Without randomness everybody comes back together, which is still right.
    let _ = getrandom::fill(&mut byte);
    u8::from_be_bytes(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let longest = |attempt| pause_before(attempt, u8::MAX);

        assert_eq!([1, 2, 3, 4].map(longest), [2_000, 4_000, 8_000, 16_000]);
        assert_eq!([9, 16, i32::MAX].map(longest), [LONGEST_PAUSE; 3]);
    }

    #[test]
    fn jitter_takes_up_to_half_of_a_pause() {
        for attempt in [1, 4, 40] {
            let shortest = pause_before(attempt, 0);
            assert_eq!(shortest, pause_before(attempt, u8::MAX) / 2);
            assert!((shortest..=2 * shortest).contains(&pause_before(attempt, 77)));
        }
    }
}
