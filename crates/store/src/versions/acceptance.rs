//! Published versions whose tag moved, and the word of their owner that what it is on now shall be published instead.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use domain::{Error, JobKind, VersionStatus};

use crate::{
    Connection,
    dialect::now,
    error::During,
    jobs::{self, NewJob},
    modules::{self, Module},
    schema::module_versions,
};

use super::{Archived, ModuleVersion, load};

/// Has the version made anew from `commit`, which must be the one that its tag is known to have moved to. Until that is
/// archived, everything stays as it is. `Conflict` if there is nothing to accept, or not this.
pub fn accept(session: &mut Connection, module: &Module, version: &ModuleVersion, commit: &str) -> Result<(), Error> {
    let id = version.id.as_str();
    // In the order in which workers lock them: the job, the module, the version.
    jobs::enqueue(session, NewJob::new(JobKind::IngestVersion, id, &module.scope_id))?;
    modules::touch(session, module)?;
    check(&load(session, id)?, commit)?;
    let now = now(session)?;
    diesel::update(module_versions::table.find(id))
        .set((
            module_versions::accepted.eq(commit),
            module_versions::attempt_error.eq(None::<String>),
            module_versions::queued_at.eq(now),
            module_versions::fetched_at.eq(None::<i64>),
            module_versions::archived_at.eq(None::<i64>),
            module_versions::updated_at.eq(now),
        ))
        .execute(&mut session.db)
        .map(drop)
        .during("accepting a moved tag")
}

fn check(version: &ModuleVersion, commit: &str) -> Result<(), Error> {
    let refuse = |what: String| Err(Error::Conflict { what });
    let number = &version.version;
    match &version.moved_to {
        _ if version.status != VersionStatus::Ok => refuse(format!("Version {number} is not published yet")),
        None => refuse(format!("The tag of version {number} did not move")),
        Some(present) if present != commit => {
            refuse(format!("The tag of version {number} is known to be on commit {present}, not on {commit}"))
        }
        Some(_) => Ok(()),
    }
}

/// The repository was just fetched, and the accepted commit is being read. False if it is not the accepted one any more.
pub fn begin_replacing(session: &mut Connection, id: &str, commit: &str) -> Result<bool, Error> {
    let now = now(session)?;
    diesel::update(
        module_versions::table.filter(module_versions::id.eq(id)).filter(module_versions::accepted.eq(commit)),
    )
    .set((module_versions::fetched_at.eq(now), module_versions::archived_at.eq(None::<i64>)))
    .execute(&mut session.db)
    .map(|rows| rows > 0)
    .during("noting that an accepted commit is being read")
}

/// From now on the archive of the accepted commit is served; its documentation is read next. False, and nothing happens,
/// if that commit is not the accepted one any more.
pub fn replace(
    session: &mut Connection,
    module: &Module,
    id: &str,
    (tag, commit): (&str, &str),
    archived: &Archived,
) -> Result<bool, Error> {
    modules::touch(session, module)?;
    let now = now(session)?;
    let replaced = diesel::update(
        module_versions::table.filter(module_versions::id.eq(id)).filter(module_versions::accepted.eq(commit)),
    )
    .set((
        module_versions::tag.eq(tag),
        module_versions::commit_sha.eq(commit),
        module_versions::archive_sha256.eq(&archived.archive_sha256),
        module_versions::tar_sha256.eq(&archived.tar_sha256),
        module_versions::archive_size.eq(archived.size),
        module_versions::archive_directory.eq(&archived.directory),
        module_versions::submodules.eq(archived.submodules),
        module_versions::notes.eq(&archived.notes),
        module_versions::published_at.eq(archived.published_at),
        // Whatever was wrong with the former archive.
        module_versions::error_message.eq(None::<String>),
        module_versions::attempt_error.eq(None::<String>),
        module_versions::accepted.eq(None::<String>),
        module_versions::archived_at.eq(now),
        module_versions::updated_at.eq(now),
    ))
    .execute(&mut session.db)
    .during("replacing a version")?;
    if replaced == 0 {
        return Ok(false);
    }
    // Unless it moved once more, and a sync has seen that.
    diesel::update(
        module_versions::table.filter(module_versions::id.eq(id)).filter(module_versions::moved_to.eq(commit)),
    )
    .set(module_versions::moved_to.eq(None::<String>))
    .execute(&mut session.db)
    .map(|_| true)
    .during("noting that a tag is where it should be")
}

/// The accepted commit could not be published; the version stays as it is, and says why. It may be accepted again.
///
/// No effect if that commit is not the accepted one any more.
pub fn give_up_replacing(
    session: &mut Connection,
    module: &Module,
    id: &str,
    commit: &str,
    reason: &str,
) -> Result<(), Error> {
    modules::touch(session, module)?;
    let now = now(session)?;
    diesel::update(
        module_versions::table.filter(module_versions::id.eq(id)).filter(module_versions::accepted.eq(commit)),
    )
    .set((
        module_versions::accepted.eq(None::<String>),
        module_versions::attempt_error.eq(reason),
        module_versions::updated_at.eq(now),
    ))
    .execute(&mut session.db)
    .map(drop)
    .during("noting that an accepted commit cannot be published")
}
