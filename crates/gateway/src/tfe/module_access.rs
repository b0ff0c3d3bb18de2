//! Modules that a path names by their id.

use domain::{Action, Error, Principal};
use store::{
    Connection, connections,
    modules::{self, Module},
    repositories::{self, Repository},
};

/// The module, for a caller who may do this with it; `NotFound` for everybody else.
pub(super) fn load_module(
    session: &mut Connection,
    caller: &Principal,
    id: &str,
    action: Action,
) -> Result<Module, Error> {
    let module = modules::load(session, id)?;
    if caller.may(action, &module.scope_id) { Ok(module) } else { Err(Error::not_found("Module")) }
}

/// A module that the caller owns, with its repository. What belongs to the repository is the business of those who own the
/// connection that it comes through: that may be open to modules of others.
pub(super) fn load_with_repository(
    session: &mut Connection,
    caller: &Principal,
    id: &str,
) -> Result<(Module, Option<Repository>), Error> {
    let module = load_module(session, caller, id, Action::Own)?;
    let Some(repository) = &module.repository_id else { return Ok((module, None)) };
    let repository = repositories::load(session, &repository.parse()?)?;
    let connection = connections::load(session, &repository.connection_id)?;
    if !caller.may(Action::Own, &connection.scope_id) {
        let reason =
            "comes through a connection of somebody else, whose owners alone may see and change what its hosts tell";
        return Err(Error::invalid("The module", reason));
    }
    Ok((module, Some(repository)))
}
