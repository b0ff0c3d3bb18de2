//! Deleting versions.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use domain::Error;

use crate::{
    Connection, blob_references, documents,
    error::During,
    jobs,
    modules::{self, Module},
    schema::module_versions,
    tombstones,
};

use super::{ModuleVersion, change::find_latest};

/// Deletes these versions of `module` with their jobs and references, and leaves a tombstone for each.
pub fn delete(session: &mut Connection, module: &Module, versions: &[ModuleVersion]) -> Result<(), Error> {
    // A sync of the repository locks its job first, and then what it does with the module.
    if let Some(repository) = &module.repository_id {
        jobs::lock_for_target(session, repository)?;
    }
    forget(session, module, versions)?;
    tombstones::set(session, module, versions)
}

/// The same without tombstones: nobody deleted them, they are not there any more.
pub fn forget(session: &mut Connection, module: &Module, versions: &[ModuleVersion]) -> Result<(), Error> {
    let ids: Vec<String> = versions.iter().map(|version| version.id.to_string()).collect();
    // In the order in which workers lock them: the job, the module, its versions.
    jobs::delete_for_target(session, &ids)?;
    // On PostgreSQL the first deletion may have waited for a worker whose last act was to queue the next job.
    jobs::delete_for_target(session, &ids)?;
    modules::touch(session, module)?;
    let documents = documents::list_digests(session, &ids)?;
    diesel::delete(module_versions::table.filter(module_versions::id.eq_any(&ids)))
        .execute(&mut session.db)
        .during("deleting versions")?;
    documents::delete_unused(session, &documents)?;
    blob_references::release(session, &ids, module.scope_id.as_str())?;
    find_latest(session, module)
}
