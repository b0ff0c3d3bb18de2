//! Stored archives that are not any more what they were: who has them, and how they come back.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl, SelectableHelper};
use domain::{Error, JobKind, VersionStatus};

use crate::{
    Connection,
    dialect::now,
    error::During,
    jobs::{self, NewJob, args},
    modules::{self, Module},
    schema::module_versions,
};

use super::ModuleVersion;

/// A version, and the module it belongs to.
#[derive(Debug, Clone)]
pub struct OfBlob {
    pub version: ModuleVersion,
    pub module: Module,
}

const FROM_GIT: &str = "The stored archive of this version was damaged; it is being made again from the repository";
const UPLOADED: &str = "The stored archive of this version was damaged; upload the same archive again";

impl OfBlob {
    /// Whether the archive can be made again without its owner's help.
    pub fn is_from_git(&self) -> bool {
        self.module.repository_id.is_some() && self.version.commit_sha.is_some()
    }
}

impl ModuleVersion {
    /// Published, and its stored archive was found damaged and is not yet put back.
    pub fn is_damaged(&self) -> bool {
        // A version that turns `ok` has no message.
        self.status == VersionStatus::Ok && self.error_message.is_some()
    }
}

/// The versions whose stored archive is this blob.
///
/// In the order in which modules are locked.
fn list_by_blob(session: &mut Connection, sha256: &str) -> Result<Vec<OfBlob>, Error> {
    let versions: Vec<ModuleVersion> = module_versions::table
        .filter(module_versions::archive_sha256.eq(sha256))
        .order((module_versions::module_id, module_versions::id))
        .select(ModuleVersion::as_select())
        .load(&mut session.db)
        .during("looking for the versions of a blob")?;
    let mut found: Vec<OfBlob> = Vec::with_capacity(versions.len());
    for version in versions {
        // Many tags of one module often have the same archive.
        let module = match found.last().filter(|last| last.version.module_id == version.module_id) {
            Some(last) => last.module.clone(),
            None => modules::load(session, &version.module_id)?,
        };
        found.push(OfBlob { version, module });
    }
    Ok(found)
}

/// The bytes of this blob are not what they were. Its versions keep their status and say what becomes of them; those from
/// Git get an `ingest-version` job with the flag `REPAIR`. May be reported as often as it is noticed.
pub fn report_damaged(session: &mut Connection, sha256: &str) -> Result<Vec<OfBlob>, Error> {
    let found = list_by_blob(session, sha256)?;
    // In the order in which workers lock them: the jobs, then modules and versions.
    for of_blob in found.iter().filter(|of_blob| of_blob.is_from_git()) {
        let job = NewJob::new(JobKind::IngestVersion, &of_blob.version.id, &of_blob.module.scope_id);
        jobs::enqueue(session, job.with_args(args::REPAIR))?;
    }
    for of_blob in &found {
        let message = if of_blob.is_from_git() { FROM_GIT } else { UPLOADED };
        set_message(session, of_blob, Some(message))?;
    }
    Ok(found)
}

/// The blob is stored again, with the right bytes: for all of its versions.
pub fn set_repaired(session: &mut Connection, sha256: &str) -> Result<(), Error> {
    list_by_blob(session, sha256)?.iter().try_for_each(|of_blob| set_message(session, of_blob, None))
}

/// The archive of this version could not be made again, because of `reason`: for the owner to read. No effect on a
/// version that is not damaged.
pub fn set_unrepaired(session: &mut Connection, id: &str, reason: &str) -> Result<(), Error> {
    let version = super::load(session, id)?;
    if !version.is_damaged() {
        return Ok(());
    }
    let module = modules::load(session, &version.module_id)?;
    let message = format!("The stored archive of this version was damaged and could not be made again: {reason}");
    set_message(session, &OfBlob { version, module }, Some(&message))
}

fn set_message(session: &mut Connection, of_blob: &OfBlob, message: Option<&str>) -> Result<(), Error> {
    if of_blob.version.status != VersionStatus::Ok || of_blob.version.error_message.as_deref() == message {
        return Ok(());
    }
    modules::touch(session, &of_blob.module)?;
    let now = now(session)?;
    diesel::update(
        module_versions::table
            .filter(module_versions::id.eq(of_blob.version.id.as_str()))
            .filter(module_versions::status.eq(VersionStatus::Ok.as_str())),
    )
    .set((module_versions::error_message.eq(message), module_versions::updated_at.eq(now)))
    .execute(&mut session.db)
    .map(drop)
    .during("noting a damaged archive")
}
