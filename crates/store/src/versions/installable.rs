//! What the registry protocol lists of a module, found by its address in one query.

use diesel::{BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, QueryDsl, RunQueryDsl};
use domain::{Error, Id, ModuleAddress, ModuleName, Provider, Version, VersionStatus, kinds};

use crate::{
    Connection,
    error::During,
    schema::{module_versions, modules, scope_names, scopes},
    scopes::is_called,
};

use super::{Warning, standing::warning};

/// A module, and what can be installed of it.
#[derive(Debug, Clone)]
pub struct Installable {
    pub module_id: String,
    pub scope_id: Id<kinds::Scope>,
    /// With the present name of its namespace.
    pub address: ModuleAddress,
    /// Newest first; without revoked ones.
    pub versions: Vec<InstallableVersion>,
}

/// A version that can be installed.
#[derive(Debug, Clone)]
pub struct InstallableVersion {
    pub version: Version,
    /// JSON.
    pub summary: String,
    pub deprecation: Option<Warning>,
}

/// Module, scope, namespace, name, provider; and a version, which is absent for a module that has none.
type Row = (String, String, String, String, String, Option<VersionRow>);

/// Number and summary; since when it is deprecated, why, and where there is more.
type VersionRow = (String, Option<String>, Option<i64>, Option<String>, Option<String>);

/// By address: the namespace by present or former name, or by id.
pub fn find_installable(
    session: &mut Connection,
    namespace: &str,
    name: &ModuleName,
    provider: &Provider,
) -> Result<Option<Installable>, Error> {
    let is_ok = module_versions::status.eq(VersionStatus::Ok.as_str()).and(module_versions::revoked_at.is_null());
    let rows: Vec<Row> = modules::table
        .inner_join(scopes::table.on(scopes::id.eq(modules::namespace_id)))
        .inner_join(scope_names::table.on(scope_names::scope_id.eq(scopes::id)))
        .left_join(module_versions::table.on(module_versions::module_id.eq(modules::id).and(is_ok)))
        .filter(is_called!(namespace))
        .filter(modules::name.eq(name.as_str()))
        .filter(modules::provider.eq(provider.as_str()))
        .select((
            modules::id,
            modules::scope_id,
            scopes::name,
            modules::name,
            modules::provider,
            (
                module_versions::version,
                module_versions::summary,
                module_versions::deprecated_at,
                module_versions::deprecation_reason,
                module_versions::deprecation_link,
            )
                .nullable(),
        ))
        .load(&mut session.db)
        .during("listing installable versions")?;
    let Some((module_id, scope_id, namespace, name, provider, ..)) = rows.first().cloned() else { return Ok(None) };
    let address = ModuleAddress { namespace: namespace.parse()?, name: name.parse()?, provider: provider.parse()? };
    let mut versions = rows
        .into_iter()
        // A scope may be called as another one's id is: then the first module alone is meant.
        .filter(|row| row.0 == module_id)
        .filter_map(|(.., version)| version)
        .map(read)
        .collect::<Result<Vec<_>, Error>>()?;
    versions.sort_by(|a, b| b.version.cmp(&a.version));
    // A scope that was renamed comes once for each of its names when it is asked for by id.
    versions.dedup_by(|a, b| a.version == b.version);
    Ok(Some(Installable { module_id, scope_id: scope_id.parse()?, address, versions }))
}

fn read((version, summary, deprecated_at, reason, link): VersionRow) -> Result<InstallableVersion, Error> {
    Ok(InstallableVersion {
        version: version.parse()?,
        summary: summary.unwrap_or_default(),
        deprecation: warning(deprecated_at, reason.as_ref(), link.as_ref()),
    })
}
