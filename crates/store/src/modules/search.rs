//! Modules that come from a repository, as the Scalr API filters and sorts them.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, QueryDsl, RunQueryDsl, SelectableHelper,
    dsl::sql,
    sql_types::{Bool, Text},
};
use domain::{Error, ModuleName, ModuleStatus, Provider, VersionPhase};

use crate::{
    Connection,
    dialect::position_of,
    error::During,
    schema::{modules, scopes},
};

use super::Module;

/// Which modules, in which order; every part narrows, and an empty list does not.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Only of these scopes; `None`: of all.
    pub scopes: Option<Vec<String>>,
    /// Only of accounts and the installation.
    pub without_environments: bool,
    /// Only in these namespaces; `None`: in any.
    pub namespaces: Option<Vec<String>>,
    pub names: Vec<String>,
    pub providers: Vec<String>,
    /// Only the one of this address; the namespace by its id.
    pub address: Option<(String, ModuleName, Provider)>,
    pub statuses: Vec<ModuleStatus>,
    /// Only with a version that is at one of these.
    pub phases: Vec<VersionPhase>,
    /// Anywhere in name, provider and the paths of submodules of the latest version, or the whole id.
    pub text: Option<String>,
    /// What comes first, and whether backwards; without any, by name.
    pub order: Vec<(SortKey, bool)>,
}

/// What modules can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    CreatedAt,
    Name,
}

/// Like `lower()` of both databases, a search folds ASCII letters only.
const IN_SUBMODULE: &str = "EXISTS (SELECT 1 FROM version_parts AS p \
                            WHERE p.version_id = modules.latest_version_id AND p.kind = 'submodule'";

/// Those that fit, with the total number before paging. `page` is an offset and a limit.
pub fn search(session: &mut Connection, search: &Search, page: (i64, i64)) -> Result<(Vec<Module>, i64), Error> {
    let position_of = position_of(session);
    let query = || {
        let mut query = modules::table
            .inner_join(scopes::table.on(scopes::id.eq(modules::namespace_id)))
            .filter(modules::repository_id.is_not_null())
            .into_boxed();
        if let Some(of) = &search.scopes {
            query = query.filter(modules::scope_id.eq_any(of));
        }
        if search.without_environments {
            query =
                query.filter(sql::<Bool>("modules.scope_id NOT IN (SELECT id FROM scopes WHERE kind = 'environment')"));
        }
        if let Some(within) = &search.namespaces {
            query = query.filter(modules::namespace_id.eq_any(within));
        }
        if !search.names.is_empty() {
            query = query.filter(modules::name.eq_any(&search.names));
        }
        if !search.providers.is_empty() {
            query = query.filter(modules::provider.eq_any(&search.providers));
        }
        if let Some((namespace, name, provider)) = &search.address {
            let is_it = modules::name.eq(name.as_str()).and(modules::provider.eq(provider.as_str()));
            query = query.filter(modules::namespace_id.eq(namespace).and(is_it));
        }
        if !search.statuses.is_empty() {
            query = query.filter(modules::status.eq_any(search.statuses.iter().map(|status| status.as_str())));
        }
        if !search.phases.is_empty() {
            query = query.filter(sql::<Bool>(&has_version(&search.phases)));
        }
        if let Some(text) = &search.text {
            let words = text.to_ascii_lowercase();
            let finds = sql::<Bool>("(modules.id = ")
                .bind::<Text, _>(text.clone())
                .sql(&format!(" OR {position_of}(lower(modules.name), "))
                .bind::<Text, _>(words.clone())
                .sql(&format!(") > 0 OR {position_of}(modules.provider, "))
                .bind::<Text, _>(words.clone())
                .sql(&format!(") > 0 OR {IN_SUBMODULE} AND {position_of}(lower(p.path), "))
                .bind::<Text, _>(words)
                .sql(") > 0))");
            query = query.filter(finds);
        }
        query
    };
    let total = query().count().get_result(&mut session.db).during("counting modules")?;
    let mut ordered = query();
    for key in &search.order {
        ordered = ordered.then_order_by(sql::<Text>(in_sql(*key)));
    }
    let rows = ordered
        .then_order_by((modules::name, modules::provider, modules::id))
        .offset(page.0)
        .limit(page.1)
        .select(Module::as_select())
        .load(&mut session.db)
        .during("listing modules")?;
    Ok((rows, total))
}

/// What to sort by, and in which direction.
fn in_sql(key: (SortKey, bool)) -> &'static str {
    match key {
        (SortKey::CreatedAt, false) => "modules.created_at ASC",
        (SortKey::CreatedAt, true) => "modules.created_at DESC",
        (SortKey::Name, false) => "modules.name ASC",
        (SortKey::Name, true) => "modules.name DESC",
    }
}

/// A condition about the versions of `modules`; nothing in it comes from outside.
fn has_version(phases: &[VersionPhase]) -> String {
    let goes = "(v.vanished_at IS NOT NULL AND modules.vanished_tags = 'remove')";
    let conditions: Vec<String> = phases
        .iter()
        .map(|phase| match phase {
            VersionPhase::PendingDelete => goes.to_owned(),
            VersionPhase::Pending => format!("(v.status IN ('pending', 'cloning', 'ingested') AND NOT {goes})"),
            VersionPhase::NotUploaded | VersionPhase::Ok | VersionPhase::Errored => {
                format!("(v.status = '{}' AND NOT {goes})", phase.as_str())
            }
        })
        .collect();
    format!(
        "EXISTS (SELECT 1 FROM module_versions AS v WHERE v.module_id = modules.id AND ({}))",
        conditions.join(" OR ")
    )
}
