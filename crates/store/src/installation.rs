//! What the installation remembers about itself.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};
use domain::{Error, Id, kinds};

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

const ID: &str = "id";

/// What tells this installation from every other one: random, made by whoever asks first, and the same from then on.
///
/// It is the evidence that a database and a store of blobs belong together.
pub fn find_or_make_id(connection: &mut Connection) -> Result<String, Error> {
    if let Some(id) = find(connection, ID)? {
        return Ok(id);
    }
    let made = Id::<kinds::Scope>::random();
    let text = made.as_str().split_once('-').map_or(made.as_str(), |(_, random)| random);
    // Somebody else may make one at the same time: on PostgreSQL this waits for them, and theirs stays.
    on_each!(connection, c => diesel::insert_into(installation::table)
        .values((dsl::key.eq(ID), dsl::value.eq(text)))
        .on_conflict_do_nothing()
        .execute(c))
    .during("giving the installation an identity")?;
    find(connection, ID)?.ok_or_else(|| Error::internal("giving the installation an identity", "it was not kept"))
}
