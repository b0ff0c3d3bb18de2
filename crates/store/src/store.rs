//! Opening a database, and running work on it without blocking the event loop.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use diesel::{
    connection::{AnsiTransactionManager, TransactionManager},
    r2d2::Pool,
};
use domain::Error;

use crate::{
    Connection, Notice,
    connection::{Sessions, Target, migrate},
    db::Db,
    error::During,
    sqlite_writer::SqliteWriter,
};

type Listener = Box<dyn Fn(&[Notice]) + Send + Sync>;

/// A database: cheap to clone, shared by everything in a process.
#[derive(Clone)]
pub struct Store {
    pool: Pool<Sessions>,
    writer: Option<SqliteWriter>,
    listeners: Arc<OnceLock<Vec<Listener>>>,
}

/// Reads on SQLite are short; more sessions than this only cost memory.
const SQLITE_READERS: u32 = 4;
const POSTGRES_SESSIONS: u32 = 10;
/// How long a request waits for a free session before it is told to come back.
const SESSION_WAIT: Duration = Duration::from_secs(2);

impl Store {
    /// Opens `sqlite://path` (made if missing) or `postgres://…`, and brings its schema up to this release.
    ///
    /// Blocks; called once, at the start.
    pub fn open(url: &str) -> Result<Self, Error> {
        let target = Target::parse(url)?;
        let sessions = Sessions { target: target.clone(), read_only: false };
        let mut first = sessions.open().map_err(|source| Error::unavailable("opening the database", source))?;
        migrate(&mut first)?;
        let listeners = Arc::new(OnceLock::new());
        let (size, read_only, writer) = match target {
            Target::Sqlite(_) => (SQLITE_READERS, true, Some(SqliteWriter::start(first, Arc::clone(&listeners))?)),
            Target::Postgres(_) => (POSTGRES_SESSIONS, false, None),
        };
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .connection_timeout(SESSION_WAIT)
            .test_on_check_out(!read_only)
            .build_unchecked(Sessions { read_only, ..sessions });
        Ok(Self { pool, writer, listeners })
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
        let pool = self.pool.clone();
        blocking(move || run(&mut *pool.get().during("waiting for a database session")?)).await
    }

    /// Runs one transaction: all of it is there when this returns `Ok`, and none of it after an error.
    pub async fn write<T, F>(&self, run: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    {
        if let Some(writer) = &self.writer {
            return writer.write(run).await;
        }
        let pool = self.pool.clone();
        let listeners = Arc::clone(&self.listeners);
        blocking(move || {
            let mut session = pool.get().during("waiting for a database session")?;
            let (value, notices) = transaction(&mut session, run)?;
            tell(&listeners, &notices);
            Ok(value)
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(run: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(run).await.map_err(|source| Error::internal("running a query", source))?
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

/// A transaction, or a savepoint inside one. A panic in `run` rolls back and is an `Internal` error.
pub(crate) fn transaction<T>(
    connection: &mut Connection,
    run: impl FnOnce(&mut Connection) -> Result<T, Error>,
) -> Result<(T, Vec<Notice>), Error> {
    begin(connection)?;
    connection.notices.clear();
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(connection)))
        .unwrap_or_else(|_| Err(Error::internal("running a transaction", "it panicked")));
    match outcome {
        Ok(value) => {
            <Db as diesel::Connection>::TransactionManager::commit_transaction(&mut connection.db)
                .during("committing a transaction")?;
            Ok((value, std::mem::take(&mut connection.notices)))
        }
        Err(error) => {
            connection.notices.clear();
            // A failed rollback leaves a broken session, which the pool throws away.
            let _ = <Db as diesel::Connection>::TransactionManager::rollback_transaction(&mut connection.db);
            Err(error)
        }
    }
}

/// SQLite takes its write lock at once: a stale read could not be upgraded later.
fn begin(connection: &mut Connection) -> Result<(), Error> {
    let depth = <Db as diesel::Connection>::TransactionManager::transaction_manager_status_mut(&mut connection.db)
        .transaction_depth()
        .during("beginning a transaction")?;
    match &mut connection.db {
        Db::Sqlite(sqlite) if depth.is_none() => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")
        }
        Db::Sqlite(sqlite) => {
            <diesel::SqliteConnection as diesel::Connection>::TransactionManager::begin_transaction(sqlite)
        }
        Db::Postgres(postgres) => {
            <diesel::PgConnection as diesel::Connection>::TransactionManager::begin_transaction(postgres)
        }
    }
    .during("beginning a transaction")
}
