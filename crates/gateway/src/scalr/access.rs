//! Modules and versions by id, for those who may do something with them. What one may not see is what is missing; what one
//! may see and not do is said (wire-spec 1.4).

use domain::{Action, Error, Id, Principal, kinds};
use store::{
    Connection, connection_shares,
    connections::Connection as HostConnection,
    modules::{self, Module},
    scopes::{self, Scope},
    versions::{self, ModuleVersion},
};

/// Whether the caller may do `action` in a scope whose things it sees.
pub(super) fn check(caller: &Principal, action: Action, scope: &Id<kinds::Scope>) -> Result<(), Error> {
    if caller.may(action, scope) {
        return Ok(());
    }
    let action = match action {
        Action::Install | Action::Read => "see this",
        Action::Publish => "publish there",
        Action::Own => "do this: it takes an owner",
    };
    Err(Error::Forbidden { action: action.to_owned() })
}

/// By id, for a caller who may see it.
pub(super) fn load_module(session: &mut Connection, caller: &Principal, id: &str) -> Result<Module, Error> {
    let id: Id<kinds::Module> = id.parse()?;
    let module = modules::load(session, id.as_str())?;
    if caller.may(Action::Install, &module.scope_id) { Ok(module) } else { Err(Error::not_found("Module")) }
}

/// By id, with its module, for a caller who may see that.
pub(super) fn load_version(
    session: &mut Connection,
    caller: &Principal,
    id: &str,
) -> Result<(Module, ModuleVersion), Error> {
    let id: Id<kinds::ModuleVersion> = id.parse()?;
    let version = versions::load(session, id.as_str())?;
    let module = load_module(session, caller, &version.module_id)?;
    Ok((module, version))
}

/// An account, environment or module namespace by its id in this API, for a caller who may see its modules at least.
pub(super) fn find_scope<K: domain::IdKind>(
    session: &mut Connection,
    caller: &Principal,
    kind: &str,
    id: &str,
) -> Result<Option<Scope>, Error> {
    let Ok(id) = id.parse::<Id<K>>() else { return Ok(None) };
    let found = scopes::find(session, id.as_str())?;
    // By the id alone, though somebody may be called so.
    let found = found.filter(|scope| scope.kind == kind && scope.id == id.face());
    // A module namespace is seen by whoever sees its account.
    Ok(found.filter(|scope| {
        let account = scope.parent_id.as_deref().and_then(|parent| parent.parse().ok());
        caller.may(Action::Install, &scope.id)
            || (kind == scopes::MODULE_NAMESPACE && account.is_some_and(|id| caller.may(Action::Install, &id)))
    }))
}

/// [`find_scope`] of what the path or a filter names.
pub(super) fn load_scope<K: domain::IdKind>(
    session: &mut Connection,
    caller: &Principal,
    kind: &str,
    id: &str,
) -> Result<Scope, Error> {
    find_scope::<K>(session, caller, kind, id)?.ok_or_else(|| Error::not_found(K::WHAT))
}

/// Whether the caller may see a connection: one of its own, or one that it may use in an environment.
pub(super) fn sees_connection(
    session: &mut Connection,
    caller: &Principal,
    connection: &HostConnection,
) -> Result<bool, Error> {
    let shares = connection_shares::list(session, &[connection.id.to_string()])?;
    let given_to: Vec<Id<kinds::Scope>> = shares.iter().filter_map(|(_, scope)| scope.parse().ok()).collect();
    Ok(sees(caller, connection, &given_to))
}

/// The same, of a connection that is given to these environments.
pub(super) fn sees<'a>(
    caller: &Principal,
    connection: &HostConnection,
    given_to: impl IntoIterator<Item = &'a Id<kinds::Scope>>,
) -> bool {
    let scope = &connection.scope_id;
    caller.may(Action::Read, scope)
        || (connection.organization_scoped && caller.may(Action::Install, scope))
        || given_to.into_iter().any(|environment| caller.may(Action::Read, environment))
}

/// Ids as queries take them.
pub(super) fn texts<'a>(ids: impl IntoIterator<Item = &'a Id<kinds::Scope>>) -> Vec<String> {
    ids.into_iter().map(ToString::to_string).collect()
}
