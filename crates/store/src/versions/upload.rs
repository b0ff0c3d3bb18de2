//! Versions whose bytes come by upload.

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

use super::{
    ModuleVersion,
    change::{Attempt, find_latest},
    load,
};

/// An uploaded version may be replaced for so long after it turned `ok`, unless it was downloaded before.
const REPLACEABLE_MILLIS: i64 = 60_000;

/// What became of a completed upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uploaded {
    /// It will be checked and published. `replaced`: a staged upload that nobody needs any more.
    Accepted { replaced: Option<String> },
    /// The same bytes are there already.
    Repeated,
}

/// Whether an upload is of use at `now`, in milliseconds: of other bytes, or of the same ones if the stored archive is
/// damaged.
pub fn takes_uploads(version: &ModuleVersion, now: i64) -> bool {
    version.is_damaged() || is_replaceable(version, now)
}

fn is_replaceable(version: &ModuleVersion, now: i64) -> bool {
    let is_settled =
        version.status == VersionStatus::Ok && version.ok_at.is_some_and(|at| at + REPLACEABLE_MILLIS <= now);
    version.sealed_at.is_none() && !is_settled
}

/// Remembers the completed upload under `key` in the staging area and queues the work on it.
///
/// The same bytes for a version whose stored archive is damaged are accepted, and
/// the version stays as it is. `Conflict` once the version is sealed and the bytes are others.
pub fn set_uploaded(session: &mut Connection, id: &str, key: &str, sha256: &str) -> Result<Uploaded, Error> {
    let version = load(session, id)?;
    let module = modules::load(session, &version.module_id)?;
    let now = now(session)?;
    let is_same = version.upload_sha256.as_deref() == Some(sha256);
    if is_same && version.is_damaged() {
        return accept_repair(session, &version, &module, key);
    }
    if is_same && version.status != VersionStatus::Errored {
        return Ok(Uploaded::Repeated);
    }
    let published = || Error::Conflict {
        what: format!("Version {} is published; publish other content under a new version", version.version),
    };
    if !is_replaceable(&version, now) {
        return Err(published());
    }
    // In the order in which workers lock them: the job, the module, the version.
    jobs::enqueue(session, NewJob::new(JobKind::IngestUpload, id, &module.scope_id))?;
    modules::touch(session, &module)?;
    // On PostgreSQL it may have been sealed since it was read.
    let noted = diesel::update(module_versions::table.find(id).filter(module_versions::sealed_at.is_null()))
        .set((
            module_versions::upload_key.eq(key),
            module_versions::upload_sha256.eq(sha256),
            module_versions::queued_at.eq(now),
            Attempt::fetched(VersionStatus::Pending, now),
        ))
        .execute(&mut session.db)
        .during("noting an upload")?;
    if noted == 0 {
        return Err(published());
    }
    if version.status == VersionStatus::Ok {
        // Until the new bytes are read it cannot be installed.
        find_latest(session, &module)?;
    }
    Ok(Uploaded::Accepted { replaced: version.upload_key })
}

fn accept_repair(
    session: &mut Connection,
    version: &ModuleVersion,
    module: &Module,
    key: &str,
) -> Result<Uploaded, Error> {
    let id = version.id.as_str();
    jobs::enqueue(session, NewJob::new(JobKind::IngestUpload, id, &module.scope_id))?;
    modules::touch(session, module)?;
    diesel::update(module_versions::table.find(id))
        .set(module_versions::upload_key.eq(key))
        .execute(&mut session.db)
        .during("noting an upload")?;
    Ok(Uploaded::Accepted { replaced: version.upload_key.clone().filter(|former| former != key) })
}

/// From now on the bytes never change. True if that is news.
pub fn seal(session: &mut Connection, id: &str) -> Result<bool, Error> {
    let now = now(session)?;
    diesel::update(
        module_versions::table
            .filter(module_versions::id.eq(id))
            .filter(module_versions::status.eq(VersionStatus::Ok.as_str()))
            .filter(module_versions::sealed_at.is_null()),
    )
    .set(module_versions::sealed_at.eq(now))
    .execute(&mut session.db)
    .map(|rows| rows > 0)
    .during("sealing a version")
}
