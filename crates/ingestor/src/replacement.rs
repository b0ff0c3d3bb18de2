//! A published version whose owner accepted the commit that its tag moved to: the archive of that takes the place of the
//! stored one, all at once. Until then, and if it fails, everything stays as it is.

use domain::{Error, JobKind};
use store::{
    Connection, audit, blob_references,
    jobs::{self, NewJob, args},
    modules,
    versions::{self, Archived},
};

use crate::archiving::release_unused;

/// What the audit log calls it when the new archive is published.
const REPLACED: &str = "replace-version";

/// What the owner accepted, as the tags are now.
#[derive(Debug, Clone)]
pub(crate) struct Replacement {
    pub(crate) tag: String,
    pub(crate) commit: String,
}

impl Replacement {
    /// The archive is stored: from here on it is served. What was served before is let go of afterwards.
    pub(crate) fn fulfil(
        &self,
        session: &mut Connection,
        scope: &str,
        id: &str,
        archived: &Archived,
    ) -> Result<(), Error> {
        let former = versions::load(session, id)?;
        let module = modules::load(session, &former.module_id)?;
        if former.accepted.as_ref() != Some(&self.commit) {
            return release_unused(session, scope, id);
        }
        // In the order in which workers lock them: the job, the module, the version.
        jobs::enqueue(session, NewJob::new(JobKind::ParseVersion, id, scope).with_args(args::FORCE))?;
        if !versions::replace(session, &module, id, (&self.tag, &self.commit), archived)? {
            return Err(Error::unavailable("replacing a version", "its owner just accepted another commit"));
        }
        blob_references::release_others(session, id, &archived.archive_sha256, scope)?;
        let change = change(former.commit_sha.as_deref(), Some(&self.commit));
        let object = format!("{id} {} {}: {change}", module.address(), former.version);
        audit::insert_unattended(session, &module.scope_id, REPLACED, &object)
    }

    /// The version stays as it is, and says why.
    pub(crate) fn give_up(&self, session: &mut Connection, scope: &str, id: &str, reason: &str) -> Result<(), Error> {
        give_up(session, scope, id, &self.commit, reason)
    }
}

/// The accepted commit cannot be published. An archive of it that is stored already must not stay.
pub(crate) fn give_up(
    session: &mut Connection,
    scope: &str,
    id: &str,
    commit: &str,
    reason: &str,
) -> Result<(), Error> {
    let version = versions::load(session, id)?;
    let module = modules::load(session, &version.module_id)?;
    if version.is_damaged() {
        // It is to be repaired all the same.
        let repair = NewJob::new(JobKind::IngestVersion, id, scope).with_args(args::REPAIR);
        jobs::enqueue(session, repair)?;
    }
    versions::give_up_replacing(session, &module, id, commit, reason)?;
    release_unused(session, scope, id)
}

/// From one commit to another, for the audit log.
pub(crate) fn change(from: Option<&str>, to: Option<&str>) -> String {
    format!("{} -> {}", from.unwrap_or("nothing"), to.unwrap_or("nothing"))
}
