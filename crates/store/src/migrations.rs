//! The schema: brought up to this release by one command, and only looked at by everything else.

use diesel::{
    QueryableByName, RunQueryDsl,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    migration::MigrationSource,
    pg::Pg,
    sql_query,
    sql_types::{BigInt, Text},
    sqlite::Sqlite,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use domain::Error;

use crate::{Connection, connection::Sessions, db::Db, error::During};

const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

const DURING: &str = "bringing the database up to this release";
/// Of the advisory lock: nothing else in the database takes it.
const LOCK: i64 = 0x7175_6172_7279;
/// How long one process waits for another that migrates; a migration itself takes as long as it takes, but does not hold
/// up others for more than five seconds while it waits for a table.
const WAIT_FOR_OTHERS: &str = "SET statement_timeout = 0; SET lock_timeout = '60s'";
const WAIT_FOR_TABLES: &str = "SET lock_timeout = '5s'";

/// Version and full name of each migration of this release, oldest first.
type Known = Vec<(String, String)>;

/// Runs what is missing and returns its names, oldest first. Each migration is there as a whole or not at all.
///
/// Two processes may do so at once: one of them waits, and finds nothing to do.
pub(crate) fn migrate(sessions: &Sessions) -> Result<Vec<String>, Error> {
    let mut connection = sessions.open_now()?;
    match &mut connection.db {
        Db::Postgres(postgres) => {
            // Of the session, which ends with this function, and with it the lock.
            postgres.batch_execute(WAIT_FOR_OTHERS).during(DURING)?;
            postgres.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})")).during(DURING)?;
            postgres.batch_execute(WAIT_FOR_TABLES).during(DURING)?;
            run::<_, Pg>(postgres, POSTGRES_MIGRATIONS)
        }
        Db::Sqlite(sqlite) => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE").during(DURING)?;
            // After an error the connection is closed, and the transaction with it.
            let names = run::<_, Sqlite>(sqlite, SQLITE_MIGRATIONS)?;
            <AnsiTransactionManager as TransactionManager<_>>::commit_transaction(sqlite).during(DURING)?;
            Ok(names)
        }
    }
}

fn run<C, B>(connection: &mut C, source: EmbeddedMigrations) -> Result<Vec<String>, Error>
where
    B: diesel::backend::Backend,
    C: MigrationHarness<B>,
    EmbeddedMigrations: MigrationSource<B>,
{
    let known = known::<B>(&source)?;
    let applied = connection.applied_migrations().map_err(|source| Error::unavailable(DURING, source))?;
    let applied: Vec<String> = applied.iter().map(ToString::to_string).collect();
    refuse_newer(&known, &applied)?;
    connection.run_pending_migrations(source).map_err(|source| Error::internal(DURING, source))?;
    Ok(known.into_iter().filter(|(version, _)| !applied.contains(version)).map(|(_, name)| name).collect())
}

fn known<B>(source: &EmbeddedMigrations) -> Result<Known, Error>
where
    B: diesel::backend::Backend,
    EmbeddedMigrations: MigrationSource<B>,
{
    let migrations = MigrationSource::<B>::migrations(source).map_err(|source| Error::internal(DURING, source))?;
    let mut known: Known = migrations
        .iter()
        .map(|migration| (migration.name().version().to_string(), migration.name().to_string()))
        .collect();
    known.sort();
    Ok(known)
}

fn refuse_newer(known: &Known, applied: &[String]) -> Result<(), Error> {
    match applied.iter().find(|version| !known.iter().any(|(known, _)| known == *version)) {
        None => Ok(()),
        Some(newer) => Err(Error::invalid(
            "The database",
            format!("was made by a newer release (it has migration {newer}); start that release or a later one"),
        )),
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

/// `Invalid`, with what to do, unless the schema is exactly that of this release.
pub(crate) fn check(connection: &mut Connection) -> Result<(), Error> {
    let during = "looking at the schema of the database";
    let (known, has_table) = match &connection.db {
        Db::Postgres(_) => (
            known::<Pg>(&POSTGRES_MIGRATIONS)?,
            "SELECT COUNT(*) AS count FROM pg_class WHERE oid = to_regclass('__diesel_schema_migrations')",
        ),
        Db::Sqlite(_) => (
            known::<Sqlite>(&SQLITE_MIGRATIONS)?,
            "SELECT COUNT(*) AS count FROM sqlite_master WHERE name = '__diesel_schema_migrations'",
        ),
    };
    if sql_query(has_table).get_result::<Count>(&mut connection.db).during(during)?.count == 0 {
        return Err(Error::invalid("The database", "has no tables yet; run `quarry migrate`"));
    }
    let applied: Vec<Applied> = sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version")
        .load(&mut connection.db)
        .during(during)?;
    let applied: Vec<String> = applied.into_iter().map(|row| row.version).collect();
    refuse_newer(&known, &applied)?;
    match known.iter().find(|(version, _)| !applied.contains(version)) {
        None => Ok(()),
        Some((_, name)) => Err(Error::invalid(
            "The database",
            format!("is older than this release (migration {name} is missing); run `quarry migrate`"),
        )),
    }
}
