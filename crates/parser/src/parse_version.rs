//! `parse-version`: reads the documentation of a version from the very bytes that are served, and makes it `ok`.

use std::{sync::Arc, time::Duration};

use archive::Limits;
use async_trait::async_trait;
use blobs::Blobs;
use domain::{Error, JobKind, PartKind, Stage, VersionStatus};
use job_runner::{JobHandle, Outcome, Worker, child_pool::ChildPool};
use store::{
    Connection,
    documents::{Document, NewPart},
    jobs::{self, ClaimedJob},
    modules,
    versions::{self, ModuleVersion},
};
use tokio_util::sync::CancellationToken;

use crate::read_child::{PartAnswer, ReadAnswer, ReadRequest};

pub(crate) struct ParseVersion {
    pub(crate) limits: Limits,
    pub(crate) blobs: Blobs,
    pub(crate) pool: ChildPool,
}

/// Idle children are let go after a while: what they remember is only worth its memory during an import.
const IDLE: Duration = Duration::from_secs(30);

/// Runs until told to stop.
pub(crate) async fn release_when_idle(worker: Arc<ParseVersion>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(IDLE) => worker.pool.release_idle(),
        }
    }
}

/// `None`: gone, or nothing to read.
fn load(session: &mut Connection, id: &str, force: bool) -> Result<Option<(ModuleVersion, String)>, Error> {
    let version = match versions::load(session, id) {
        Err(Error::NotFound { .. }) => return Ok(None),
        other => other?,
    };
    let is_due = version.status == VersionStatus::Ingested || (force && version.status == VersionStatus::Ok);
    Ok(version.archive_sha256.clone().filter(|_| is_due).map(|archive| (version, archive)))
}

#[async_trait]
impl Worker for ParseVersion {
    const KIND: JobKind = JobKind::ParseVersion;

    async fn handle(&self, job: &JobHandle) -> Result<Outcome, Error> {
        let target = job.job().target.clone();
        let force = job.job().args & jobs::args::FORCE != 0;
        let Some((version, archive)) = job.store().read(move |session| load(session, &target, force)).await? else {
            return job.finish(|_| Ok(Outcome::Finished)).await;
        };
        let bytes = self.blobs.get(&archive).await?;
        let request = ReadRequest {
            limits: self.limits.clone(),
            directory: version.archive_directory.clone(),
            notes: serde_json::from_str(&version.notes).unwrap_or_default(),
        };
        let mut child = self.pool.converse().await?;
        child.send(&request, bytes).await?;
        let frame = child.receive().await?;
        child.done();
        let answer = frame.header().map_err(|source| Error::internal("reading a child's answer", source))?;
        job.finish(move |session| conclude(session, &version, &archive, answer)).await?;
        Ok(Outcome::Finished)
    }

    fn gave_up(&self, session: &mut Connection, job: &ClaimedJob, message: &str) -> Result<(), Error> {
        fail(session, &job.target, message)
    }
}

fn conclude(session: &mut Connection, version: &ModuleVersion, archive: &str, answer: ReadAnswer) -> Result<(), Error> {
    // Another upload replaced the archive meanwhile: its own job will come.
    if versions::load(session, version.id.as_str())?.archive_sha256.as_deref() != Some(archive) {
        return Ok(());
    }
    match answer {
        ReadAnswer::Rejected(failure) => fail(session, version.id.as_str(), failure.text()),
        ReadAnswer::Read { summary, parts } => {
            let module = modules::load(session, &version.module_id)?;
            let parts: Vec<NewPart> = parts.into_iter().map(new_part).collect();
            versions::set_ok(session, &module, version.id.as_str(), &summary, &parts)
        }
    }
}

fn fail(session: &mut Connection, id: &str, message: &str) -> Result<(), Error> {
    versions::set_errored(session, id, Stage::Content, message)?;
    match versions::load(session, id) {
        Ok(version) => modules::touch_by_id(session, &version.module_id),
        Err(Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn new_part(part: PartAnswer) -> NewPart {
    let document = |(digest, body): (String, Arc<str>)| Document { digest, body: Some(body) };
    let kind = match part.kind {
        PartKind::Root => "root",
        PartKind::Submodule => "submodule",
        PartKind::Example => "example",
    };
    NewPart { path: part.path, kind, docs: document(part.docs), readme: part.readme.map(document) }
}
