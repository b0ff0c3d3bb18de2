//! The only place that asks which database this is, apart from opening it.

use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::BigInt};
use domain::Error;

use crate::{Connection, db::Db, error::During};

/// Runs one body for each database, where the common dialect has no word for it (`ON CONFLICT`, batch inserts).
macro_rules! on_each {
    ($connection:expr, $c:ident => $body:expr) => {
        match &mut $connection.db {
            $crate::db::Db::Postgres($c) => $body,
            $crate::db::Db::Sqlite($c) => $body,
        }
    };
}
pub(crate) use on_each;

/// Runs a body on PostgreSQL alone: what needs a lock there, the one writer of SQLite never meets. Else this is `Ok` of
/// `otherwise`.
macro_rules! on_postgres {
    ($connection:expr, $c:ident => $body:expr, $otherwise:expr) => {
        match &mut $connection.db {
            $crate::db::Db::Postgres($c) => $body,
            $crate::db::Db::Sqlite(_) => Ok($otherwise),
        }
    };
}
pub(crate) use on_postgres;

#[derive(QueryableByName)]
struct Clock {
    #[diesel(sql_type = BigInt)]
    now: i64,
}

/// The database's clock, in milliseconds since 1970 UTC: leases and retries of all processes are measured by it.
pub fn now(connection: &mut Connection) -> Result<i64, Error> {
    let sql = match &connection.db {
        Db::Postgres(_) => "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now",
        Db::Sqlite(_) => "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now",
    };
    sql_query(sql).get_result::<Clock>(&mut connection.db).map(|clock| clock.now).during("reading the clock")
}

/// A pattern for `LIKE … ESCAPE '\'` that finds `text` anywhere, with its wildcards taken literally. Like `lower()` of
/// both databases it folds ASCII letters only.
pub(crate) fn contains_pattern(text: &str) -> String {
    let escaped = text.to_ascii_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// The function that tells where in its first argument the second stands, counted from 1; 0 where it does not. Much faster
/// than `LIKE`.
pub(crate) fn position_of(connection: &Connection) -> &'static str {
    match &connection.db {
        Db::Postgres(_) => "strpos",
        Db::Sqlite(_) => "instr",
    }
}

/// The first `$4` waiting jobs of kind `$1`, due at `$2`, of every row of `scope`: `LIMIT` for each is spelled differently.
pub(crate) fn first_of_each_scope(connection: &Connection) -> &'static str {
    match &connection.db {
        Db::Postgres(_) => {
            "SELECT first.id, first.scope_id, first.epoch, first.run_after FROM scope CROSS JOIN LATERAL (\
               SELECT id, scope_id, epoch, run_after FROM jobs WHERE kind = $1 AND state = 'queued' \
                 AND dispatched_at IS NULL AND jobs.scope_id = scope.scope_id AND run_after <= $2 \
               ORDER BY run_after, id LIMIT $4) AS first"
        }
        Db::Sqlite(_) => {
            "SELECT jobs.id, jobs.scope_id, jobs.epoch, jobs.run_after FROM scope CROSS JOIN jobs WHERE jobs.id IN (\
               SELECT own.id FROM jobs AS own WHERE own.kind = $1 AND own.state = 'queued' \
                 AND own.dispatched_at IS NULL AND own.scope_id = scope.scope_id AND own.run_after <= $2 \
               ORDER BY own.run_after, own.id LIMIT $4)"
        }
    }
}
