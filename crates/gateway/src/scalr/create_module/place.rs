//! Where a module is to be made: in the environment or account that the request names, else where its connection is.

use domain::{Error, Id, Principal, kinds};
use store::{
    Connection as Session, connection_shares,
    connections::{self, Connection},
    scopes::{self, ACCOUNT, ENVIRONMENT, MODULE_NAMESPACE, Scope},
};

use super::wanted::Wanted;
use crate::scalr::{
    access::{self, find_scope},
    accounts::Looked,
    relations::{missing, refuse},
};

pub(super) struct Place {
    pub(super) connection: Connection,
    pub(super) scope: Scope,
    /// `None`: the scope is the namespace as well.
    pub(super) namespace: Option<Scope>,
}

impl Place {
    /// What the caller may not see is what is missing.
    pub(super) fn find(session: &mut Session, caller: &Principal, wanted: &Wanted) -> Looked<Self> {
        let no_connection = || Ok(Err(missing("vcs-provider", "VcsProvider", &wanted.vcs_provider)));
        let Some(connection) = find_connection(session, caller, &wanted.vcs_provider)? else { return no_connection() };
        let scope = match find_named_scope(session, caller, wanted)? {
            Ok(Some(scope)) => scope,
            Ok(None) => scopes::load(session, &connection.scope_id)?,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if !connection_shares::is_usable(session, &connection, &scope)? {
            return no_connection();
        }
        let namespace = match &wanted.namespace {
            // Also where the environment is that of the connection.
            Some(_) if scope.kind == ENVIRONMENT => {
                return Ok(Err(refuse("namespace", "must not be given for a module of an environment")));
            }
            Some(id) => match find_namespace(session, caller, &scope, id)? {
                Ok(namespace) => Some(namespace),
                Err(refusal) => return Ok(Err(refusal)),
            },
            None => None,
        };
        Ok(Ok(Self { connection, scope, namespace }))
    }
}

/// By its id in this API, for a caller who may use it somewhere; nobody may while it has no token.
fn find_connection(session: &mut Session, caller: &Principal, id: &str) -> Result<Option<Connection>, Error> {
    let Ok(id) = id.parse::<Id<kinds::VcsProvider>>() else { return Ok(None) };
    let connection = match connections::load_with_token(session, &id.face()) {
        Ok(connection) => connection,
        Err(Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(access::sees_connection(session, caller, &connection)?.then_some(connection))
}

/// The environment or account that the request names, if it names any.
fn find_named_scope(session: &mut Session, caller: &Principal, wanted: &Wanted) -> Looked<Option<Scope>> {
    let account = match &wanted.account {
        Some(id) => match find_scope::<kinds::Account>(session, caller, ACCOUNT, id)? {
            Some(account) => Some(account),
            None => return Ok(Err(missing("account", "Account", id))),
        },
        None => None,
    };
    let Some(id) = &wanted.environment else { return Ok(Ok(account)) };
    let Some(environment) = find_scope::<kinds::Environment>(session, caller, ENVIRONMENT, id)? else {
        return Ok(Err(missing("environment", "Environment", id)));
    };
    if account.is_some_and(|account| environment.parent_id.as_deref() != Some(account.id.as_str())) {
        return Ok(Err(refuse("environment", "must belong to the account")));
    }
    Ok(Ok(Some(environment)))
}

/// One of the same account.
fn find_namespace(session: &mut Session, caller: &Principal, scope: &Scope, id: &str) -> Looked<Scope> {
    let found = find_scope::<kinds::ModuleNamespace>(session, caller, MODULE_NAMESPACE, id)?;
    let account = scope.parent_id.as_deref().unwrap_or(scope.id.as_str());
    let Some(namespace) = found.filter(|namespace| namespace.parent_id.as_deref() == Some(account)) else {
        return Ok(Err(missing("namespace", "ModuleNamespace", id)));
    };
    Ok(Ok(namespace))
}
