//! The enum over the two databases, and how each is opened.

use std::path::PathBuf;

use diesel::{
    Connection as _, PgConnection, SqliteConnection,
    connection::SimpleConnection,
    migration::MigrationSource,
    r2d2::{ManageConnection, R2D2Connection},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use domain::Error;

use crate::{Notice, db::Db};

const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// What every query function takes: a database session, and what its transaction has to tell others once committed.
pub struct Connection {
    pub(crate) db: Db,
    pub(crate) notices: Vec<Notice>,
}

impl Connection {
    /// Tells the listeners of this process after the commit; dropped if the transaction fails.
    pub(crate) fn notify(&mut self, notice: Notice) {
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }
}

/// Which database, decided from the URL alone: the derived `establish` would try one after the other.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Postgres(String),
    Sqlite(PathBuf),
}

impl Target {
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            if path.is_empty() {
                return Err(Error::invalid("QUARRY_DATABASE_URL", "must name a file: sqlite:///path/to/quarry.db"));
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        Err(Error::invalid("QUARRY_DATABASE_URL", "must begin with sqlite:// or postgres://"))
    }
}

/// `synchronous=FULL`: what was answered 2xx survives a power cut, not only a crash.
const SQLITE_SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;";
const POSTGRES_SETUP: &str = "SET TIME ZONE 'UTC'; SET statement_timeout = '10s'; SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '30s'";

/// Opens sessions for the pool.
#[derive(Debug, Clone)]
pub(crate) struct Sessions {
    pub(crate) target: Target,
    /// SQLite readers may not write: there is one writer.
    pub(crate) read_only: bool,
}

impl Sessions {
    pub(crate) fn open(&self) -> Result<Connection, diesel::r2d2::Error> {
        let db = match &self.target {
            Target::Postgres(url) => {
                let mut connection = PgConnection::establish(url).map_err(diesel::r2d2::Error::ConnectionError)?;
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
        Ok(Connection { db, notices: Vec::new() })
    }
}

impl ManageConnection for Sessions {
    type Connection = Connection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Connection, Self::Error> {
        self.open()
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), Self::Error> {
        match &mut connection.db {
            Db::Postgres(postgres) => postgres.ping().map_err(diesel::r2d2::Error::QueryError),
            Db::Sqlite(_) => Ok(()),
        }
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        std::thread::panicking() || connection.db.is_broken()
    }
}

/// Brings the schema up to this release; refuses one that is newer.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), Error> {
    match &mut connection.db {
        Db::Postgres(postgres) => run_migrations(postgres, POSTGRES_MIGRATIONS),
        Db::Sqlite(sqlite) => run_migrations(sqlite, SQLITE_MIGRATIONS),
    }
}

fn run_migrations<C, B>(connection: &mut C, source: EmbeddedMigrations) -> Result<(), Error>
where
    B: diesel::backend::Backend,
    C: MigrationHarness<B>,
    EmbeddedMigrations: MigrationSource<B>,
{
    let during = "bringing the database up to this release";
    let known: Vec<String> = MigrationSource::<B>::migrations(&source)
        .map_err(|source| Error::internal(during, source))?
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect();
    let applied = connection.applied_migrations().map_err(|source| Error::unavailable(during, source))?;
    if let Some(newer) = applied.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        return Err(Error::invalid(
            "The database",
            format!("was made by a newer release (it has migration {newer}); start that release or a later one"),
        ));
    }
    connection.run_pending_migrations(source).map_err(|source| Error::internal(during, source))?;
    Ok(())
}
