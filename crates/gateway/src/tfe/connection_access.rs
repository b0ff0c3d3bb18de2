//! Connections by id, for those who may do something with them. What one may not see or do is what is missing.

use domain::{Action, Error, Id, Principal, kinds};
use store::{
    Connection as Session,
    connections::{self, Connection},
    scopes::{self, Scope},
};

/// By the face of the client, with its organization.
pub(super) fn load_client(
    session: &mut Session,
    principal: &Principal,
    action: Action,
    id: &Id<kinds::Connection>,
) -> Result<(Connection, Scope), Error> {
    let connection = connections::load(session, id)?;
    if !principal.may(action, &connection.scope_id) {
        return Err(Error::not_found("OAuth client"));
    }
    let scope = scopes::load(session, &connection.scope_id)?;
    Ok((connection, scope))
}

/// By the face of the token, which a connection has unless that was deleted.
pub(super) fn load_token(
    session: &mut Session,
    principal: &Principal,
    action: Action,
    id: &Id<kinds::ConnectionToken>,
) -> Result<(Connection, Scope), Error> {
    connections::load_with_token(session, &id.face())?;
    load_client(session, principal, action, &id.face())
}
