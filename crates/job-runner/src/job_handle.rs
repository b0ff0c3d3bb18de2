//! A claimed job in the hands of its worker: every transaction through it is fenced.

use std::time::{Duration, Instant};

use domain::Error;
use store::{
    Connection, Store,
    jobs::{self, ClaimedJob},
};
use tokio_util::sync::CancellationToken;

/// After so long a job gives others a turn: well under the 30 minutes after which RabbitMQ takes a delivery back.
const SLICE: Duration = Duration::from_secs(600);

/// See the module.
#[derive(Clone)]
pub struct JobHandle {
    store: Store,
    job: ClaimedJob,
    stop: CancellationToken,
    slice_ends: Instant,
}

impl JobHandle {
    pub(crate) fn new(store: Store, job: ClaimedJob, stop: CancellationToken) -> Self {
        Self { store, job, stop, slice_ends: Instant::now() + SLICE }
    }

    pub fn job(&self) -> &ClaimedJob {
        &self.job
    }

    /// Reads need no fence.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The process stops.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// The process stops, or the slice is over: finish the step under way and hand back.
    pub fn should_hand_back(&self) -> bool {
        self.stop.is_cancelled() || Instant::now() >= self.slice_ends
    }

    /// A fenced transaction: `LeaseLost`, and nothing changed, once another worker has the job.
    pub async fn write<T, F>(&self, run: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    {
        self.fenced(jobs::renew, run).await
    }

    /// A fenced transaction after which the job counts as having got on: earlier failures are forgotten.
    pub async fn write_progress<T, F>(&self, run: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    {
        self.fenced(jobs::progress, run).await
    }

    /// The last transaction: result and end of the job together.
    pub async fn finish<T, F>(&self, run: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    {
        let job = self.job.clone();
        self.write(move |session| {
            let value = run(session)?;
            jobs::finish(session, &job)?;
            Ok(value)
        })
        .await
    }

    /// Every transaction of a job begins with its fence.
    async fn fenced<T, F>(&self, fence: Fence, run: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    {
        let job = self.job.clone();
        self.store
            .write(move |session| {
                fence(session, &job)?;
                run(session)
            })
            .await
    }
}

/// Proves that the job is still ours, or fails with `LeaseLost`.
type Fence = fn(&mut Connection, &ClaimedJob) -> Result<(), Error>;
