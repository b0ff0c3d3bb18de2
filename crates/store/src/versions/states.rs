//! Versions as their module shows them: many of them, without the rest.

use std::collections::HashMap;

use diesel::{ExpressionMethods, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper};
use domain::{Error, Id, Version, VersionStatus, kinds};

use crate::{Connection, error::During, row::Parsed, schema::module_versions};

/// The state of a version.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = module_versions)]
pub struct VersionState {
    #[diesel(deserialize_as = Parsed<Id<kinds::ModuleVersion>>)]
    pub id: Id<kinds::ModuleVersion>,
    pub module_id: String,
    #[diesel(deserialize_as = Parsed<Version>)]
    pub version: Version,
    #[diesel(deserialize_as = Parsed<VersionStatus>)]
    pub status: VersionStatus,
    pub stage: Option<String>,
    pub error_message: Option<String>,
    pub revoked_at: Option<i64>,
    /// Since when no tag stands for it any more.
    pub vanished_at: Option<i64>,
}

/// Those of several modules in one query, by module, newest first.
pub fn list_states(session: &mut Connection, modules: &[String]) -> Result<HashMap<String, Vec<VersionState>>, Error> {
    let mut rows: Vec<VersionState> = module_versions::table
        .filter(module_versions::module_id.eq_any(modules))
        .select(VersionState::as_select())
        .load(&mut session.db)
        .during("listing the states of versions")?;
    rows.sort_by(|a, b| b.version.cmp(&a.version));
    let mut by_module: HashMap<String, Vec<VersionState>> = HashMap::new();
    for row in rows {
        by_module.entry(row.module_id.clone()).or_default().push(row);
    }
    Ok(by_module)
}
