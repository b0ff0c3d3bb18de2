//! A session with a database, and how the pool opens, tests and drops one.

use std::time::{Duration, Instant};

use diesel::{
    Connection as _, ConnectionError, PgConnection, SqliteConnection,
    connection::SimpleConnection,
    r2d2::{ManageConnection, R2D2Connection},
};
use domain::Error;

use crate::{Notice, db::Db, target::Target};

/// What every query function takes: a database session, and what its transaction has to tell others once committed.
pub struct Connection {
    pub(crate) db: Db,
    pub(crate) notices: Vec<Notice>,
    /// The last call failed in a way that a lost session may be behind.
    pub(crate) is_suspect: bool,
    resting_since: Instant,
}

impl Connection {
    /// Tells the listeners of this process after the commit; dropped if the transaction fails.
    pub(crate) fn notify(&mut self, notice: Notice) {
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }
}

/// `synchronous=FULL`: what was answered 2xx survives a power cut, not only a crash.
const SQLITE_SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;";
/// A process that is paused in a transaction holds the row of its job: it must lose it before the lease runs out. And with
/// the cost that PostgreSQL assumes of turning disks, it would sort whole tables where an index has the order.
const POSTGRES_SETUP: &str = "SET statement_timeout = '10s'; SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '10s'; SET random_page_cost = 1.1";
/// A session that was used so recently is taken without asking whether it is still alive.
const FRESH: Duration = Duration::from_millis(500);

/// Opens sessions for the pool.
#[derive(Clone)]
pub(crate) struct Sessions {
    pub(crate) target: Target,
    /// SQLite readers may not write: there is one writer.
    pub(crate) read_only: bool,
}

impl Sessions {
    pub(crate) fn open(&self) -> Result<Connection, diesel::r2d2::Error> {
        let db = match &self.target {
            Target::Postgres(url) => {
                let mut connection = PgConnection::establish(url.as_str()).map_err(|error| {
                    let message = url.redact(&error.to_string());
                    diesel::r2d2::Error::ConnectionError(ConnectionError::BadConnection(message))
                })?;
                connection.batch_execute(POSTGRES_SETUP).map_err(diesel::r2d2::Error::QueryError)?;
                Db::Postgres(connection)
            }
            Target::Sqlite(path) => {
                let mut connection = SqliteConnection::establish(&path.to_string_lossy())
                    .map_err(diesel::r2d2::Error::ConnectionError)?;
                connection.batch_execute(SQLITE_SETUP).map_err(diesel::r2d2::Error::QueryError)?;
                if self.read_only {
                    connection.batch_execute("PRAGMA query_only = ON").map_err(diesel::r2d2::Error::QueryError)?;
                }
                Db::Sqlite(connection)
            }
        };
        Ok(Connection { db, notices: Vec::new(), is_suspect: false, resting_since: Instant::now() })
    }

    /// Outside the pool, with the reason if it fails: `Invalid` if the URL is to blame, else `Unavailable`.
    pub(crate) fn open_now(&self) -> Result<Connection, Error> {
        self.open().map_err(|error| {
            let refused = match &self.target {
                Target::Postgres(url) => url.refused(&error.to_string()),
                Target::Sqlite(_) => None,
            };
            refused.unwrap_or_else(|| Error::unavailable("opening the database", error))
        })
    }
}

impl ManageConnection for Sessions {
    type Connection = Connection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Connection, Self::Error> {
        self.open()
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), Self::Error> {
        let is_fresh = !connection.is_suspect && connection.resting_since.elapsed() < FRESH;
        connection.is_suspect = false;
        match &mut connection.db {
            Db::Postgres(postgres) if !is_fresh => postgres.ping().map_err(diesel::r2d2::Error::QueryError),
            Db::Postgres(_) | Db::Sqlite(_) => Ok(()),
        }
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        connection.resting_since = Instant::now();
        std::thread::panicking() || connection.db.is_broken()
    }
}
