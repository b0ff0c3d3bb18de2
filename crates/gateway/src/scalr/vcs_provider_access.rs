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
    vcs_provider_view::{VcsProviderView, load_details},
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

/// The resource of one connection.
pub(super) fn resource(
    session: &mut Session,
    (principal, public_url): (&Principal, &str),
    connection: &Connection,
    scope: &Scope,
) -> Result<Value, Error> {
    let id = connection.id.to_string();
    let (shares, settings) = load_details(session, std::slice::from_ref(&id))?;
    let view = VcsProviderView {
        public_url,
        principal,
        connection,
        scope,
        shares: shares.get(&id).map(Vec::as_slice).unwrap_or_default(),
        settings: settings.get(&id).map(String::as_str),
    };
    Ok(view.resource())
}
