//! One query text, type-checked once for each database.

/// A session with either database.
#[expect(unreachable_pub, reason = "the derive writes public items beside it")]
#[derive(diesel::MultiConnection)]
pub enum Db {
    Postgres(diesel::PgConnection),
    Sqlite(diesel::SqliteConnection),
}

/// Its backend, for queries that are put together at run time.
pub(crate) type Backend = <Db as diesel::Connection>::Backend;
