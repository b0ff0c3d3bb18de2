//! Transactions on a session of either database.

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use domain::Error;

use crate::{Connection, Notice, db::Db, error::During};

/// A transaction, or a savepoint inside one. A panic in `run` rolls back and is an `Internal` error.
pub(crate) fn transaction<T>(
    connection: &mut Connection,
    run: impl FnOnce(&mut Connection) -> Result<T, Error>,
) -> Result<(T, Vec<Notice>), Error> {
    begin(connection)?;
    run_in(connection, run)
}

/// A transaction that only reads, and sees one state.
pub(crate) fn snapshot<T>(
    connection: &mut Connection,
    run: impl FnOnce(&mut Connection) -> Result<T, Error>,
) -> Result<T, Error> {
    match &mut connection.db {
        Db::Sqlite(sqlite) => AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN"),
        Db::Postgres(postgres) => {
            AnsiTransactionManager::begin_transaction_sql(postgres, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        }
    }
    .during("beginning a transaction")?;
    run_in(connection, run).map(|(value, _)| value)
}

fn run_in<T>(
    connection: &mut Connection,
    run: impl FnOnce(&mut Connection) -> Result<T, Error>,
) -> Result<(T, Vec<Notice>), Error> {
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
