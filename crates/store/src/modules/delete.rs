//! Deleting a module with everything that hangs on it.

use diesel::{QueryDsl, RunQueryDsl};
use domain::Error;

use crate::{Connection, Notice, error::During, repositories, schema::modules, versions};

use super::Module;

/// Rows, jobs and references go; a tombstone for each version stays; the repository goes with its last module.
pub fn delete(session: &mut Connection, module: &Module) -> Result<(), Error> {
    let all = versions::list(session, module.id.as_str())?;
    versions::delete(session, module, &all)?;
    diesel::delete(modules::table.find(module.id.as_str())).execute(&mut session.db).during("deleting a module")?;
    if let Some(repository) = &module.repository_id {
        repositories::delete_if_unused(session, repository)?;
    }
    session.notify(Notice::ModuleChanged(module.address().to_string()));
    Ok(())
}
