//! `purge`: deletes a blob that nobody refers to any more.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Error, JobKind};
use job_runner::{JobHandle, Outcome, Worker};
use store::{Connection, blob_references, jobs::ClaimedJob};

use crate::Ingestor;

pub(crate) struct Purge(pub(crate) Arc<Ingestor>);

#[async_trait]
impl Worker for Purge {
    const KIND: JobKind = JobKind::Purge;

    async fn handle(&self, job: &JobHandle) -> Result<Outcome, Error> {
        let blob = job.job().target.clone();
        let wanted = blob.clone();
        let may_go = job.write(move |session| blob_references::begin_delete(session, &wanted)).await?;
        if may_go {
            self.0.blobs.delete(&blob).await?;
        }
        job.finish(move |session| if may_go { blob_references::forget(session, &blob) } else { Ok(()) }).await?;
        Ok(Outcome::Finished)
    }

    fn gave_up(&self, session: &mut Connection, job: &ClaimedJob, message: &str) -> Result<(), Error> {
        tracing::error!(
            blob = job.target,
            message,
            "A blob that nobody needs could not be deleted; trying again later"
        );
        // Until then it may be referred to again: whoever publishes the same content puts it anew.
        blob_references::postpone_delete(session, &job.target, &job.scope)
    }
}
