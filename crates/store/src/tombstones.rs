//! What was deleted: it comes back only by an explicit act, and only with the same content.

use std::collections::BTreeMap;

use diesel::{
    ExpressionMethods, QueryDsl, RunQueryDsl,
    dsl::sql,
    sql_types::{Nullable, Text},
};
use domain::Error;

use crate::{
    Connection,
    dialect::{now, on_each},
    error::During,
    modules::Module,
    schema::tombstones,
    versions::ModuleVersion,
};

const ROWS_TOGETHER: usize = 500;

/// Marks versions of an address as deleted. A version without a digest never had content; a digest that is known from an
/// earlier deletion then stays.
pub(crate) fn set(session: &mut Connection, module: &Module, versions: &[ModuleVersion]) -> Result<(), Error> {
    let now = now(session)?;
    let rows: Vec<_> = versions
        .iter()
        .map(|version| {
            (
                tombstones::namespace_id.eq(&module.namespace_id),
                tombstones::name.eq(module.name.as_str()),
                tombstones::provider.eq(module.provider.as_str()),
                tombstones::version.eq(version.version.to_string()),
                tombstones::tar_sha256.eq(version.tar_sha256.as_deref()),
                tombstones::deleted_at.eq(now),
            )
        })
        .collect();
    let key = (tombstones::namespace_id, tombstones::name, tombstones::provider, tombstones::version);
    let digest = || sql::<Nullable<Text>>("COALESCE(excluded.tar_sha256, tombstones.tar_sha256)");
    for rows in rows.chunks(ROWS_TOGETHER) {
        on_each!(session, c => diesel::insert_into(tombstones::table)
            .values(rows)
            .on_conflict(key)
            .do_update()
            .set(tombstones::tar_sha256.eq(digest()))
            .execute(c))
        .during("marking versions as deleted")?;
    }
    Ok(())
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
