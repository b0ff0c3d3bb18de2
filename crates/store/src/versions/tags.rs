//! What a look at the tags tells of a version.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use domain::Error;

use crate::{Connection, dialect::now, error::During, schema::module_versions};

use super::change::made;

/// What it is made from, as long as it was not made yet: that may change. Without a tag it is the head of a branch.
pub fn set_origin(session: &mut Connection, id: &str, tag: Option<&str>, commit: &str) -> Result<(), Error> {
    diesel::update(
        module_versions::table
            .filter(module_versions::id.eq(id))
            .filter(module_versions::status.ne_all(made()))
            .filter(module_versions::sealed_at.is_null()),
    )
    .set((tag.map(|tag| module_versions::tag.eq(tag)), module_versions::commit_sha.eq(commit)))
    .execute(&mut session.db)
    .map(drop)
    .during("noting what a version is made from")
}

/// The tag points to another commit than the one that is published (or does so no longer).
pub fn set_moved(session: &mut Connection, id: &str, moved_to: Option<&str>) -> Result<(), Error> {
    diesel::update(module_versions::table.find(id))
        .set(module_versions::moved_to.eq(moved_to))
        .execute(&mut session.db)
        .map(drop)
        .during("noting a moved tag")
}

/// No tag stands for it any more, from now on.
pub fn set_vanished(session: &mut Connection, id: &str) -> Result<(), Error> {
    let now = now(session)?;
    diesel::update(module_versions::table.find(id))
        .set((module_versions::vanished_at.eq(now), module_versions::moved_to.eq(None::<String>)))
        .execute(&mut session.db)
        .map(drop)
        .during("noting a vanished tag")
}

/// A tag stands for it again.
pub fn set_returned(session: &mut Connection, id: &str) -> Result<(), Error> {
    diesel::update(module_versions::table.find(id))
        .set(module_versions::vanished_at.eq(None::<i64>))
        .execute(&mut session.db)
        .map(drop)
        .during("noting that a tag is there again")
}
