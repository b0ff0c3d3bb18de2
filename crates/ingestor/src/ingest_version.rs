//! `ingest-version`: one version from Git by itself, because it made a child die, or because somebody asked.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Error, JobKind, Stage, VersionStatus};
use job_runner::{JobHandle, Outcome, Worker, child::ForUser};
use store::{
    Connection,
    jobs::{self, ClaimedJob},
    modules, tombstones,
    versions::{self, ModuleVersion},
};

use crate::{
    Ingestor,
    archiving::{Archiving, Deleted, archive_items},
    git_messages::ArchiveItem,
    sync_repository::{Loaded, fetch, load},
};

pub(crate) struct IngestVersion(pub(crate) Arc<Ingestor>);

/// The version, its module's directory, its repository, and the digest that its content must have.
type Wanted = (ModuleVersion, String, Loaded, Deleted);

fn load_wanted(session: &mut Connection, id: &str) -> Result<Option<Wanted>, Error> {
    let version = match versions::load(session, id) {
        Err(Error::NotFound { .. }) => return Ok(None),
        other => other?,
    };
    let module = modules::load(session, &version.module_id)?;
    let Some(repository) = &module.repository_id else { return Ok(None) };
    let deleted = tombstones::list(session, &module)?
        .remove(&version.version.to_string())
        .flatten()
        .map(|digest| (id.to_owned(), digest))
        .into_iter()
        .collect();
    Ok(load(session, repository)?.map(|loaded| (version, module.source_directory, loaded, deleted)))
}

#[async_trait]
impl Worker for IngestVersion {
    const KIND: JobKind = JobKind::IngestVersion;

    async fn handle(&self, job: &JobHandle) -> Result<Outcome, Error> {
        let target = job.job().target.clone();
        let wanted = job.store().read(move |session| load_wanted(session, &target)).await?;
        let repairs = job.job().args & jobs::args::REPAIR != 0;
        let is_wanted = |version: &ModuleVersion| version.ok_at.is_none() || (repairs && version.is_damaged());
        let Some((version, directory, loaded, deleted)) = wanted.filter(|(version, ..)| is_wanted(version)) else {
            return job.finish(|_| Ok(Outcome::Finished)).await;
        };
        let damaged = version.archive_sha256.clone().filter(|_| version.is_damaged());
        let Some(commit) = version.commit_sha else {
            return job.finish(|_| Ok(Outcome::Finished)).await;
        };
        let id = version.id.to_string();
        let mut child = self.0.git.converse().await?;
        fetch(&self.0, &mut child, &loaded).await?;
        // The fetch may have waited for a sync of the same repository, which saw newer tags.
        let (wanted, expected) = (id.clone(), commit.clone());
        let is_current = job
            .store()
            .read(move |session| {
                let version = versions::load(session, &wanted)?;
                let is_made = matches!(version.status, VersionStatus::Ingested | VersionStatus::Ok);
                Ok((repairs || !is_made) && version.commit_sha == Some(expected))
            })
            .await?;
        if !is_current {
            child.done();
            return job.finish(|_| Ok(Outcome::Finished)).await;
        }
        let items = vec![ArchiveItem { version: id, commit, directory }];
        match archive_items(&self.0, job, &mut child, items, deleted).await? {
            Archiving::Complete => {
                child.done();
                self.conclude(job, damaged).await
            }
            Archiving::Interrupted => Ok(Outcome::HandBack),
            Archiving::Died { .. } => Err(Error::unavailable(
                "reading this version in a child process",
                ForUser("it aborted: too much memory or time was needed".to_owned()),
            )),
        }
    }

    fn gave_up(&self, session: &mut Connection, job: &ClaimedJob, message: &str) -> Result<(), Error> {
        versions::set_unrepaired(session, &job.target, message)?;
        versions::set_errored(session, &job.target, Stage::Clone, message)
    }
}

impl IngestVersion {
    /// Storing the same archive put a damaged blob right; another archive is of no use to a published version.
    async fn conclude(&self, job: &JobHandle, damaged: Option<String>) -> Result<Outcome, Error> {
        let Some(blob) = damaged else { return job.finish(|_| Ok(Outcome::Finished)).await };
        let is_back = match self.0.blobs.get(&blob).await {
            Ok(_) => true,
            Err(Error::NotFound { .. } | Error::Internal { .. }) => false,
            Err(error) => return Err(error),
        };
        let target = job.job().target.clone();
        job.finish(move |session| {
            if is_back {
                tracing::info!(blob, "A damaged blob was made again from its repository");
                versions::set_repaired(session, &blob)?;
            } else {
                versions::set_unrepaired(session, &target, "its commit does not give the same archive any more")?;
            }
            Ok(Outcome::Finished)
        })
        .await
    }
}
