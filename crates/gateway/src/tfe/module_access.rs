//! Modules that a path names by their id.

use domain::{Action, Error, Principal};
use store::{
    Connection,
    modules::{self, Module},
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
