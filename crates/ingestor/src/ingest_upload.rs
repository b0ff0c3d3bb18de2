//! `ingest-upload`: checks what was uploaded and packs it again. The client's bytes are never served.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Error, JobKind, Stage, VersionStatus};
use job_runner::{JobHandle, Outcome, Worker};
use store::{
    Connection, blob_references,
    jobs::{self, ClaimedJob, NewJob},
    modules, tombstones,
    versions::{self, Archived, ModuleVersion},
};

use crate::{
    Ingestor,
    archiving::release_unused,
    unpack_child::{RepackAnswer, RepackRequest},
};

pub(crate) struct IngestUpload(pub(crate) Arc<Ingestor>);

fn load(session: &mut Connection, id: &str) -> Result<Option<(ModuleVersion, Option<String>)>, Error> {
    let version = match versions::load(session, id) {
        Err(Error::NotFound { .. }) => return Ok(None),
        other => other?,
    };
    let module = modules::load(session, &version.module_id)?;
    let deleted = tombstones::list(session, &module)?.remove(&version.version.to_string()).flatten();
    Ok(Some((version, deleted)))
}

#[async_trait]
impl Worker for IngestUpload {
    const KIND: JobKind = JobKind::IngestUpload;

    async fn handle(&self, job: &JobHandle) -> Result<Outcome, Error> {
        let target = job.job().target.clone();
        let Some((version, deleted)) = job.store().read(move |session| load(session, &target)).await? else {
            return job.finish(|_| Ok(Outcome::Finished)).await;
        };
        let Some(key) = version.upload_key.clone() else {
            return job.finish(|_| Ok(Outcome::Finished)).await;
        };
        let upload = match self.0.blobs.read_staged(&key).await {
            // Another upload took its place, and has this job run again.
            Err(Error::NotFound { .. }) => return skip_if_replaced(job, key).await,
            other => other?,
        };
        let mut child = self.0.unpack.converse().await?;
        child.send(&RepackRequest { limits: self.0.config.limits.clone() }, upload).await?;
        let frame = child.receive().await?;
        child.done();
        let answer = frame.header().map_err(|source| Error::internal("reading a child's answer", source))?;
        match answer {
            RepackAnswer::Rejected(failure) => reject(job, &version, failure.text().to_owned()).await?,
            RepackAnswer::Repacked { tar_sha256, .. }
                if deleted.as_ref().is_some_and(|digest| *digest != tar_sha256) =>
            {
                let message = "was published before with other content and deleted; publish under a new version";
                reject(job, &version, message.to_owned()).await?;
            }
            RepackAnswer::Repacked { sha256, tar_sha256, notes } => {
                let archived = Archived {
                    size: i64::try_from(frame.body.len()).unwrap_or(i64::MAX),
                    directory: String::new(),
                    submodules: false,
                    notes: serde_json::to_string(&notes).unwrap_or_else(|_| "[]".to_owned()),
                    published_at: version.created_at,
                    archive_sha256: sha256.clone(),
                    tar_sha256,
                };
                let reference = vec![(version.id.to_string(), sha256.clone())];
                job.write(move |session| blob_references::insert(session, &reference)).await?;
                self.0.blobs.put(&sha256, frame.body).await?;
                accept(job, version.clone(), archived).await?;
            }
        }
        // Whoever dies before this leaves a file that the sweep of old uploads finds.
        if let Err(error) = self.0.blobs.delete_staged(&key).await {
            tracing::warn!(error = error.chain(), "A checked upload was not removed from the staging area");
        }
        Ok(Outcome::Finished)
    }

    fn gave_up(&self, session: &mut Connection, job: &ClaimedJob, message: &str) -> Result<(), Error> {
        versions::set_unrepaired(session, &job.target, message)?;
        versions::set_errored(session, &job.target, Stage::Content, message)
    }
}

async fn skip_if_replaced(job: &JobHandle, key: String) -> Result<Outcome, Error> {
    let target = job.job().target.clone();
    job.finish(move |session| {
        let version = versions::load(session, &target)?;
        // Otherwise an earlier run of this job, asked for by the upload before, took these very bytes.
        if version.upload_key == Some(key) && version.status == VersionStatus::Pending {
            let gone = "the uploaded bytes are gone; upload them again";
            return versions::set_errored(session, &target, Stage::Content, gone);
        }
        Ok(())
    })
    .await?;
    Ok(Outcome::Finished)
}

async fn accept(job: &JobHandle, version: ModuleVersion, archived: Archived) -> Result<(), Error> {
    let scope = job.job().scope.clone();
    job.finish(move |session| {
        let id = version.id.as_str();
        if version.is_damaged() {
            match &version.archive_sha256 {
                Some(blob) if *blob == archived.archive_sha256 => versions::set_repaired(session, blob),
                _ => versions::set_unrepaired(session, id, "the same upload does not give the same archive any more"),
            }?;
            return release_unused(session, &scope, id);
        }
        // Another upload came meanwhile: its job, queued again, decides.
        if versions::load(session, id)?.upload_key != version.upload_key {
            return release_unused(session, &scope, id);
        }
        // Locks the module, as everybody does before one of its versions.
        modules::touch_by_id(session, &version.module_id)?;
        if !versions::set_archived(session, id, &archived)? {
            return release_unused(session, &scope, id);
        }
        blob_references::release_others(session, id, &archived.archive_sha256, &scope)?;
        jobs::enqueue(session, NewJob::new(JobKind::ParseVersion, id, &scope))
    })
    .await
}

async fn reject(job: &JobHandle, version: &ModuleVersion, message: String) -> Result<(), Error> {
    let version = version.clone();
    job.finish(move |session| {
        if versions::load(session, version.id.as_str())?.upload_key != version.upload_key {
            return Ok(());
        }
        versions::set_errored(session, version.id.as_str(), Stage::Content, &message)?;
        modules::touch_by_id(session, &version.module_id)
    })
    .await
}
