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

/// Marks a version of an address as deleted. `tar_sha256` is `None` if it never had content; a digest that is known from
/// an earlier deletion then stays.
pub(crate) fn set(
    session: &mut Connection,
    module: &Module,
    version: &Version,
    tar_sha256: Option<&str>,
) -> Result<(), Error> {
    let now = now(session)?;
    let address = (&module.namespace_id, module.name.as_str(), module.provider.as_str(), version.to_string());
    on_each!(session, c => diesel::insert_into(tombstones::table)
        .values((
            tombstones::namespace_id.eq(address.0),
            tombstones::name.eq(address.1),
            tombstones::provider.eq(address.2),
            tombstones::version.eq(&address.3),
            tombstones::deleted_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(c))
    .during("marking a version as deleted")?;
    let Some(digest) = tar_sha256 else { return Ok(()) };
    diesel::update(tombstones::table.find((address.0, address.1, address.2, &address.3)))
        .set(tombstones::tar_sha256.eq(digest))
        .execute(&mut session.db)
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
