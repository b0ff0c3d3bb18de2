//! VCS providers by id, for those who may do something with them; and how they are shown.

use domain::{Action, Error, Id, Principal, kinds};
use serde_json::Value;
use store::{
    Connection as Session,
    connections::{self, Connection},
    scopes::{self, Scope},
};

use super::{
    access::{check, sees_connection},
    vcs_provider_view::Details,
};

/// A connection with its scope, for a caller who may see it. What one may see and not do is said.
pub(super) fn load(
    session: &mut Session,
    caller: &Principal,
    action: Action,
    id: &str,
) -> Result<(Connection, Scope), Error> {
    let id: Id<kinds::VcsProvider> = id.parse()?;
    let connection = connections::load(session, &id.face())?;
    if !sees_connection(session, caller, &connection)? {
        return Err(Error::not_found("VCS provider"));
    }
    if action != Action::Read {
        check(caller, action, &connection.scope_id)?;
    }
    let scope = scopes::load(session, &connection.scope_id)?;
    Ok((connection, scope))
}

/// The same, as nobody else can change it before this transaction ends.
pub(super) fn load_for_update(
    session: &mut Session,
    caller: &Principal,
    action: Action,
    id: &str,
) -> Result<(Connection, Scope), Error> {
    let (connection, _) = load(session, caller, action, id)?;
    connections::lock(session, &connection.id)?;
    load(session, caller, action, id)
}

/// The resource of one connection.
pub(super) fn resource(
    session: &mut Session,
    viewer: (&Principal, &str),
    connection: &Connection,
    scope: &Scope,
) -> Result<Value, Error> {
    let details = Details::load(session, &[connection.id.to_string()])?;
    Ok(details.resource(viewer, connection, scope))
}
