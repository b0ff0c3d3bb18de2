//! Opening a database, and running work on it without blocking the event loop, and without waiting for ever.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use diesel::{RunQueryDsl, r2d2::Pool, sql_query};
use domain::Error;
use r2d2::NopErrorHandler;
use tokio::{sync::Semaphore, time::timeout_at};

use crate::{
    Connection, Notice,
    connection::Sessions,
    error::During,
    migrations,
    sqlite_writer::SqliteWriter,
    target::Target,
    transaction::{snapshot, transaction},
};

type Listener = Box<dyn Fn(&[Notice]) + Send + Sync>;

/// A database: cheap to clone, shared by everything in a process.
#[derive(Clone)]
pub struct Store {
    sessions: Sessions,
    pool: Pool<Sessions>,
    /// As many as sessions: whoever has none waits without a thread.
    places: Arc<Semaphore>,
    writer: Option<SqliteWriter>,
    listeners: Arc<OnceLock<Vec<Listener>>>,
    deadline: Option<Duration>,
}

/// Reads on SQLite are short; more sessions than this only cost memory.
const SQLITE_READERS: u32 = 4;
/// Of one process, unless it says otherwise.
const POSTGRES_SESSIONS: u32 = 10;
/// How long work without a deadline waits for a free session before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);
/// While the database is down, the pool tries again after at most half of this.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(2);

impl Store {
    /// Opens `sqlite://path` (made if missing) or `postgres://…`, and brings its schema up to this release.
    ///
    /// Blocks; called once, at the start.
    pub fn open(url: &str) -> Result<Self, Error> {
        Self::migrate(url)?;
        Self::connect(url, POSTGRES_SESSIONS)
    }

    /// Prepares sessions with a database whose schema somebody else takes care of: at most so many with PostgreSQL.
    ///
    /// Connects only when there is something to ask, so it succeeds while the database is down. `Invalid` if the URL
    /// cannot be right. See [`Self::check_schema`].
    pub fn connect(url: &str, sessions: u32) -> Result<Self, Error> {
        let target = Target::parse(url)?;
        let listeners = Arc::new(OnceLock::new());
        let (size, read_only, writer) = match &target {
            Target::Sqlite(_) => {
                let writing = Sessions { target: target.clone(), read_only: false };
                (SQLITE_READERS, true, Some(SqliteWriter::start(writing, Arc::clone(&listeners))?))
            }
            Target::Postgres(_) => (sessions.max(1), false, None),
        };
        let sessions = Sessions { target, read_only };
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .connection_timeout(CONNECTION_TIMEOUT)
            // The callers hear of it, and say so once.
            .error_handler(Box::new(NopErrorHandler))
            .build_unchecked(sessions.clone());
        let places = Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(1)));
        Ok(Self { sessions, pool, places, writer, listeners, deadline: None })
    }

    /// Brings the schema up to this release, and returns the names of the migrations that it took, oldest first.
    ///
    /// Safe when two processes do so at once. A migration that fails leaves nothing of itself. Blocks.
    pub fn migrate(url: &str) -> Result<Vec<String>, Error> {
        migrations::migrate(&Sessions { target: Target::parse(url)?, read_only: false })
    }

    /// Whether the schema is that of this release. `Invalid` says what to do if there is none, or an older or newer one;
    /// `Unavailable` if the database cannot be asked. For the start: it opens a session of its own, so that its error says
    /// why there is none.
    pub async fn check_schema(&self) -> Result<(), Error> {
        let sessions = self.sessions.clone();
        let check = tokio::task::spawn_blocking(move || migrations::check(&mut sessions.open_now()?));
        let at = Instant::now() + self.deadline.unwrap_or(PATIENCE);
        match timeout_at(at.into(), check).await {
            Ok(outcome) => outcome.map_err(|source| Error::internal("looking at the schema", source))?,
            Err(_) => Err(late()),
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        self.read(|session| sql_query("SELECT 1").execute(&mut session.db).map(drop).during("asking the database"))
            .await
    }

    /// The same database for callers who cannot wait: `read` and `write` end within this time, with `Unavailable` if
    /// need be, whatever the database does.
    ///
    /// A write that ends so was either never committed or, if the database fell silent at the very commit, may have
    /// been: its caller cannot know. What it does must bear being done twice.
    #[must_use]
    pub fn with_deadline(&self, deadline: Duration) -> Self {
        Self { deadline: Some(deadline), ..self.clone() }
    }

    /// Whom to tell about committed changes, before the caller of `write` goes on. May be called once.
    pub fn set_listeners(&self, listeners: Vec<Listener>) {
        if self.listeners.set(listeners).is_err() {
            tracing::error!("The listeners of a store were set twice; the second ones hear nothing");
        }
    }

    /// Runs a query. Several statements may see different states.
    pub async fn read<T, F>(&self, run: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    {
        self.on_session(run).await
    }

    /// The same, where all statements see the state that the first one saw.
    pub async fn read_at_once<T, F>(&self, run: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    {
        self.on_session(|session| snapshot(session, run)).await
    }

    /// Runs one transaction: all of it is there when this returns `Ok`, and none of it after an error, except that after
    /// `Unavailable` it is unknown whether a commit that was under way succeeded.
    pub async fn write<T, F>(&self, run: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    {
        let until = self.deadline.map(|deadline| Instant::now() + deadline);
        // Nobody waits for it any more, so it had better not happen.
        let in_time = move || until.filter(|until| *until <= Instant::now()).map_or(Ok(()), |_| Err(late()));
        let run = move |connection: &mut Connection| {
            in_time()?;
            let value = run(connection)?;
            in_time().map(|()| value)
        };
        if let Some(writer) = &self.writer {
            return match until {
                None => writer.write(run).await,
                Some(until) => timeout_at(until.into(), writer.write(run)).await.map_err(|_| late())?,
            };
        }
        let listeners = Arc::clone(&self.listeners);
        self.on_session(move |session| {
            let (value, notices) = transaction(session, run)?;
            tell(&listeners, &notices);
            Ok(value)
        })
        .await
    }

    /// Waits for a place and a session, and runs `run` where it may block.
    ///
    /// The place goes with the thread: when the caller has given up, it still counts, so that threads do not pile up
    /// behind a database that hangs.
    async fn on_session<T, F>(&self, run: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    {
        let waiting = "waiting for a database session";
        let start = Instant::now();
        let patience = start + self.deadline.unwrap_or(PATIENCE);
        let place = timeout_at(patience.into(), Arc::clone(&self.places).acquire_owned())
            .await
            .map_err(|_| Error::unavailable(waiting, "all of them are busy"))?
            .map_err(|source| Error::internal(waiting, source))?;
        let pool = self.pool.clone();
        let work = tokio::task::spawn_blocking(move || {
            let _place = place;
            let rest = patience.saturating_duration_since(Instant::now());
            let mut session = pool.get_timeout(rest).during(waiting)?;
            let outcome = run(&mut session);
            session.is_suspect = matches!(outcome, Err(Error::Unavailable { .. }));
            outcome
        });
        let outcome = match self.deadline {
            None => work.await,
            Some(deadline) => timeout_at((start + deadline).into(), work).await.map_err(|_| late())?,
        };
        outcome.map_err(|source| Error::internal("running a query", source))?
    }
}

fn late() -> Error {
    Error::unavailable("asking the database", "it did not answer in time")
}

/// `listeners` hear what was committed.
pub(crate) fn tell(listeners: &OnceLock<Vec<Listener>>, notices: &[Notice]) {
    if notices.is_empty() {
        return;
    }
    for listener in listeners.get().into_iter().flatten() {
        listener(notices);
    }
}
