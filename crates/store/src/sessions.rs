//! Who is signed in at the pages. Every gateway asks here, so that a sign-out holds everywhere at once.

use diesel::{ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, RunQueryDsl};
use domain::{Error, Id, kinds};

use crate::{
    Connection,
    dialect::now,
    error::During,
    schema::{sessions, users},
};

/// Then one signs in again, whatever one does.
const LIFE_MS: i64 = 12 * 60 * 60 * 1000;
/// So long without a request, and it is over.
const IDLE_MS: i64 = 60 * 60 * 1000;
/// A request sooner than this after the last one need not be remembered.
const STALE_MS: i64 = 60_000;

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub user: Id<kinds::User>,
    pub username: String,
    /// Whether [`touch`] is due.
    pub is_stale: bool,
}

/// Begins a session under the keyed hash of its secret, and forgets all that are over.
pub fn insert(connection: &mut Connection, user: &Id<kinds::User>, hash: &str) -> Result<(), Error> {
    let now = now(connection)?;
    diesel::delete(sessions::table.filter(sessions::created_at.le(now - LIFE_MS)))
        .execute(&mut connection.db)
        .during("forgetting sessions that are over")?;
    diesel::insert_into(sessions::table)
        .values((
            sessions::hash.eq(hash),
            sessions::user_id.eq(user.as_str()),
            sessions::created_at.eq(now),
            sessions::seen_at.eq(now),
        ))
        .execute(&mut connection.db)
        .map(drop)
        .during("beginning a session")
}

/// The session, unless it is over or its user was disabled.
pub fn find(connection: &mut Connection, hash: &str) -> Result<Option<Session>, Error> {
    let now = now(connection)?;
    let row: Option<(String, String, i64)> = sessions::table
        .inner_join(users::table.on(users::id.eq(sessions::user_id)))
        .filter(sessions::hash.eq(hash))
        .filter(sessions::created_at.gt(now - LIFE_MS))
        .filter(sessions::seen_at.gt(now - IDLE_MS))
        .filter(users::disabled_at.is_null())
        .select((users::id, users::username, sessions::seen_at))
        .first(&mut connection.db)
        .optional()
        .during("looking up a session")?;
    row.map(|(user, username, seen)| Ok(Session { user: user.parse()?, username, is_stale: seen <= now - STALE_MS }))
        .transpose()
}

/// Its user is here now.
pub fn touch(connection: &mut Connection, hash: &str) -> Result<(), Error> {
    let now = now(connection)?;
    diesel::update(sessions::table.find(hash))
        .set(sessions::seen_at.eq(now))
        .execute(&mut connection.db)
        .map(drop)
        .during("keeping a session")
}

/// Ends a session, if there is one.
pub fn delete(connection: &mut Connection, hash: &str) -> Result<(), Error> {
    diesel::delete(sessions::table.find(hash)).execute(&mut connection.db).map(drop).during("ending a session")
}
