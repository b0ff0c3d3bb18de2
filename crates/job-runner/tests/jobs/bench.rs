//! One process in small: a store, a broker that can break down, a dispatcher and workers.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use broker::{Broker, Consumer, Listener, MemoryBroker, RabbitBroker};
use domain::{Error, JobKind};
use futures::future::BoxFuture;
use job_runner::{JobHandle, Outcome, Runner, Worker, run_dispatcher, run_worker};
use messages::{ChangeNotice, JobDue};
use store::{
    Connection, Notice, Store, installation,
    jobs::{self, ClaimedJob, NewJob},
    scopes::{self, NewScope},
};
use test_kit::{TestDatabase, is_distributed, services::VirtualHost};
use tokio::{
    sync::{Notify, mpsc},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

pub(crate) const KIND: JobKind = JobKind::ParseVersion;
/// The name of the scope that is made when a job is given up; its e-mail address is the message.
pub(crate) const GAVE_UP: &str = "gave-up";

pub(crate) struct Bench {
    pub(crate) store: Store,
    pub(crate) broker: Arc<FragileBroker>,
    commits: mpsc::UnboundedReceiver<Vec<Notice>>,
    wake: Arc<Notify>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
    worker: Option<Arc<Scripted>>,
    _virtual_host: Option<VirtualHost>,
    _database: TestDatabase,
}

impl Bench {
    /// Nothing runs yet.
    pub(crate) async fn new() -> Self {
        let virtual_host = is_distributed().unwrap().then(|| VirtualHost::create().unwrap());
        let broker: Arc<dyn Broker> = match &virtual_host {
            Some(host) => Arc::new(RabbitBroker::connect(&host.url()).await.unwrap()),
            None => Arc::new(MemoryBroker::default()),
        };
        Self::with_broker(broker, virtual_host)
    }

    fn with_broker(broker: Arc<dyn Broker>, virtual_host: Option<VirtualHost>) -> Self {
        let database = TestDatabase::create().unwrap();
        let store = Store::open(database.url()).unwrap();
        let (committed, commits) = mpsc::unbounded_channel();
        let wake = Arc::new(Notify::new());
        let waken = Arc::clone(&wake);
        store.set_listeners(vec![Box::new(move |notices: &[Notice]| {
            waken.notify_one();
            // A test that is over listens no more.
            let _ = committed.send(notices.to_vec());
        })]);
        Self {
            store,
            broker: Arc::new(FragileBroker { inner: broker, refusals: AtomicUsize::new(0) }),
            commits,
            wake,
            stop: CancellationToken::new(),
            tasks: JoinSet::new(),
            worker: None,
            _virtual_host: virtual_host,
            _database: database,
        }
    }

    /// A dispatcher and a worker.
    pub(crate) async fn start(worker: Scripted) -> Self {
        let mut bench = Self::new().await;
        bench.run(worker);
        bench
    }

    /// The same with the broker in memory, whatever the profile: where time is skipped, answers over a network come
    /// too late.
    pub(crate) fn start_in_memory(worker: Scripted) -> Self {
        let mut bench = Self::with_broker(Arc::new(MemoryBroker::default()), None);
        bench.run(worker);
        bench
    }

    pub(crate) fn run(&mut self, worker: Scripted) {
        let broker = Arc::clone(&self.broker) as Arc<dyn Broker>;
        self.tasks.spawn(run_dispatcher(self.store.clone(), broker, Arc::clone(&self.wake), self.stop.clone()));
        self.worker = Some(Arc::new(worker));
        self.add_worker();
    }

    /// Another one that does the same.
    pub(crate) fn add_worker(&mut self) {
        let runner =
            Runner { store: self.store.clone(), broker: Arc::clone(&self.broker) as _, stop: self.stop.clone() };
        let worker = Arc::clone(self.worker.as_ref().unwrap());
        self.tasks.spawn(run_worker(runner, worker, 8));
    }

    /// Waits until everything has ended.
    pub(crate) async fn stop(&mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }

    pub(crate) async fn enqueue(&self, job: NewJob) {
        self.store.write(move |session| jobs::enqueue(session, job)).await.unwrap();
    }

    /// What the next commit told.
    pub(crate) async fn next_commit(&mut self) -> Vec<Notice> {
        self.commits.recv().await.unwrap()
    }

    /// Takes one that is there already.
    pub(crate) fn has_commit(&mut self) -> bool {
        self.commits.try_recv().is_ok()
    }

    pub(crate) async fn given_up(&self) -> Option<String> {
        self.remembered(GAVE_UP).await
    }

    pub(crate) async fn remembered(&self, key: &'static str) -> Option<String> {
        self.store.read(move |session| installation::find(session, key)).await.unwrap()
    }

    /// Ends everything; how many jobs are left that are due or running, announced or not.
    pub(crate) async fn jobs_left(mut self) -> usize {
        let all = |session: &mut Connection| {
            jobs::free_all_leases(session)?;
            jobs::list_due(session, KIND, 10_000)
        };
        self.stop().await;
        self.store.write(all).await.unwrap().len()
    }
}

type Script = Box<dyn Fn(JobHandle) -> BoxFuture<'static, Result<Outcome, Error>> + Send + Sync>;

/// A worker that does what the test says.
pub(crate) struct Scripted(Script);

impl Scripted {
    pub(crate) fn new<F>(script: impl Fn(JobHandle) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Outcome, Error>> + Send + 'static,
    {
        Self(Box::new(move |job| Box::pin(script(job))))
    }
}

/// The whole job of most scripts.
pub(crate) async fn finished(job: &JobHandle) -> Result<Outcome, Error> {
    job.finish(|_| Ok(Outcome::Finished)).await
}

#[async_trait]
impl Worker for Scripted {
    const KIND: JobKind = KIND;

    async fn handle(&self, job: &JobHandle) -> Result<Outcome, Error> {
        (self.0)(job.clone()).await
    }

    fn gave_up(&self, session: &mut Connection, _: &ClaimedJob, message: &str) -> Result<(), Error> {
        let name = GAVE_UP.parse()?;
        scopes::insert(session, &NewScope { email: message, ..NewScope::account(&name) })?;
        installation::set(session, GAVE_UP, message)
    }
}

/// A broker that can refuse what is published.
pub(crate) struct FragileBroker {
    inner: Arc<dyn Broker>,
    refusals: AtomicUsize,
}

impl FragileBroker {
    pub(crate) fn break_down(&self, refusals: usize) {
        self.refusals.store(refusals, Ordering::SeqCst);
    }

    pub(crate) fn refusals_left(&self) -> usize {
        self.refusals.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Broker for FragileBroker {
    async fn publish(&self, kind: JobKind, message: &JobDue) -> Result<(), Error> {
        let one_less = |left: usize| left.checked_sub(1);
        match self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) {
            Ok(_) => Err(Error::unavailable("publishing", "on purpose")),
            Err(_) => self.inner.publish(kind, message).await,
        }
    }

    async fn consume(&self, kind: JobKind, prefetch: u16) -> Result<Box<dyn Consumer>, Error> {
        self.inner.consume(kind, prefetch).await
    }

    async fn announce(&self, notice: &ChangeNotice) -> Result<(), Error> {
        self.inner.announce(notice).await
    }

    fn is_connected(&self) -> bool {
        self.inner.is_connected()
    }

    async fn listen(&self) -> Result<Box<dyn Listener>, Error> {
        self.inner.listen().await
    }
}
