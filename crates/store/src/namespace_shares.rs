//! Module namespaces: whose modules may be in them.

use std::collections::HashMap;

use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl, dsl::exists};
use domain::{Error, Id, kinds};

use crate::{
    Connection,
    dialect::on_each,
    error::During,
    schema::{modules, namespace_shares, scopes},
    scopes::{MODULE_NAMESPACE, Scope},
};

/// By module namespace.
pub type ByNamespace = HashMap<String, Vec<String>>;

/// Ids of the environments that these were given to.
pub fn list(session: &mut Connection, namespaces: &[String]) -> Result<ByNamespace, Error> {
    let rows: Vec<(String, String)> = namespace_shares::table
        .filter(namespace_shares::namespace_id.eq_any(namespaces))
        .order((namespace_shares::namespace_id, namespace_shares::scope_id))
        .select((namespace_shares::namespace_id, namespace_shares::scope_id))
        .load(&mut session.db)
        .during("listing who may use module namespaces")?;
    Ok(grouped(rows))
}

/// Ids of the modules that are in these.
pub fn list_modules(session: &mut Connection, namespaces: &[String]) -> Result<ByNamespace, Error> {
    let rows: Vec<(String, String)> = modules::table
        .filter(modules::namespace_id.eq_any(namespaces))
        .order((modules::name, modules::provider))
        .select((modules::namespace_id, modules::id))
        .load(&mut session.db)
        .during("listing the modules of namespaces")?;
    Ok(grouped(rows))
}

fn grouped(rows: Vec<(String, String)>) -> ByNamespace {
    let mut groups = ByNamespace::new();
    for (namespace, of) in rows {
        groups.entry(namespace).or_default().push(of);
    }
    groups
}

/// The environments that a namespace is given to, instead of those before.
pub fn set(session: &mut Connection, namespace: &Id<kinds::Scope>, scopes: &[Id<kinds::Scope>]) -> Result<(), Error> {
    diesel::delete(namespace_shares::table.filter(namespace_shares::namespace_id.eq(namespace.as_str())))
        .execute(&mut session.db)
        .during("taking a module namespace from environments")?;
    let rows: Vec<_> = scopes
        .iter()
        .map(|scope| {
            (namespace_shares::namespace_id.eq(namespace.as_str()), namespace_shares::scope_id.eq(scope.as_str()))
        })
        .collect();
    on_each!(session, c => diesel::insert_into(namespace_shares::table).values(&rows).on_conflict_do_nothing().execute(c))
        .map(drop)
        .during("giving a module namespace to environments")
}

/// Ids of the namespaces that any of these environments may use: those that are given to it, and the open ones of its
/// account.
pub fn list_usable(session: &mut Connection, environments: &[Scope]) -> Result<Vec<String>, Error> {
    let ids: Vec<&str> = environments.iter().map(|scope| scope.id.as_str()).collect();
    let accounts: Vec<&str> = environments.iter().filter_map(|scope| scope.parent_id.as_deref()).collect();
    let is_open = scopes::is_shared.eq(true).and(scopes::parent_id.eq_any(accounts.into_iter().map(Some)));
    let is_given = namespace_shares::table
        .filter(namespace_shares::namespace_id.eq(scopes::id))
        .filter(namespace_shares::scope_id.eq_any(ids))
        .select(namespace_shares::namespace_id);
    scopes::table
        .filter(scopes::kind.eq(MODULE_NAMESPACE))
        .filter(is_open.or(exists(is_given)))
        .select(scopes::id)
        .load(&mut session.db)
        .during("listing the module namespaces of environments")
}
