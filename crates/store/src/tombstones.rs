//! What was deleted: it comes back only by an explicit act, and only with the same content.

use std::collections::BTreeMap;

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use domain::{Error, Version};

use crate::{
    Connection,
    dialect::{now, on_each},
    error::During,
    modules::Module,
    schema::tombstones,
};

/// Marks a version of an address as deleted. `tar_sha256` is `None` if it never had content.
pub(crate) fn set(
    session: &mut Connection,
    module: &Module,
    version: &Version,
    tar_sha256: Option<&str>,
) -> Result<(), Error> {
    // What never had content leaves nothing to protect.
    if tar_sha256.is_none() {
        return Ok(());
    }
    let now = now(session)?;
    on_each!(session, c => diesel::insert_into(tombstones::table)
        .values((
            tombstones::namespace_id.eq(&module.namespace_id),
            tombstones::name.eq(module.name.as_str()),
            tombstones::provider.eq(module.provider.as_str()),
            tombstones::version.eq(version.to_string()),
            tombstones::tar_sha256.eq(tar_sha256),
            tombstones::deleted_at.eq(now),
        ))
        .on_conflict((tombstones::namespace_id, tombstones::name, tombstones::provider, tombstones::version))
        .do_update()
        .set((tombstones::tar_sha256.eq(tar_sha256), tombstones::deleted_at.eq(now)))
        .execute(c))
    .map(drop)
    .during("marking a version as deleted")
}

/// The deleted versions of an address, with the digest of what they held.
pub fn list(session: &mut Connection, module: &Module) -> Result<BTreeMap<String, Option<String>>, Error> {
    let rows: Vec<(String, Option<String>)> = tombstones::table
        .filter(tombstones::namespace_id.eq(&module.namespace_id))
        .filter(tombstones::name.eq(module.name.as_str()))
        .filter(tombstones::provider.eq(module.provider.as_str()))
        .select((tombstones::version, tombstones::tar_sha256))
        .load(&mut session.db)
        .during("listing deleted versions")?;
    Ok(rows.into_iter().collect())
}
