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

/// A pattern for `LIKE … ESCAPE '\'` that finds `text` anywhere, with its wildcards taken literally.
pub(crate) fn contains_pattern(text: &str) -> String {
    let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}
