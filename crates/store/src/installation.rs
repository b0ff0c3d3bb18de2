//! What the installation remembers about itself.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};
use domain::Error;

use crate::{
    Connection,
    dialect::on_each,
    error::During,
    schema::installation::{self, dsl},
};

/// A remembered value.
pub fn find(connection: &mut Connection, key: &str) -> Result<Option<String>, Error> {
    dsl::installation
        .find(key)
        .select(dsl::value)
        .first(&mut connection.db)
        .optional()
        .during("reading what the installation remembers")
}

/// Remembers a value, replacing an earlier one.
pub fn set(connection: &mut Connection, key: &str, value: &str) -> Result<(), Error> {
    on_each!(connection, c => diesel::insert_into(installation::table)
        .values((dsl::key.eq(key), dsl::value.eq(value)))
        .on_conflict(dsl::key)
        .do_update()
        .set(dsl::value.eq(value))
        .execute(c))
    .map(drop)
    .during("remembering something about the installation")
}
