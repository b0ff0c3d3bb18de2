//! `parse-version`: reads the documentation of a version from the very bytes that are served, and makes it `ok`.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use archive::Limits;
use async_trait::async_trait;
use blobs::Blobs;
use bytes::Bytes;
use domain::{Error, JobKind, PartKind, Stage, VersionStatus};
use job_runner::{JobHandle, Outcome, Worker, child::Failure, child_pool::ChildPool};
use store::{
    Connection,
    documents::{self, Document, NewPart},
    jobs::{self, ClaimedJob},
    modules,
    versions::{self, ModuleVersion},
};
use tokio::{sync::Semaphore, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::read_child::{PartAnswer, ReadAnswer, ReadRequest, TextsAnswer, WantedTexts};

pub(crate) struct ParseVersion {
    pub(crate) limits: Limits,
    pub(crate) blobs: Blobs,
    pub(crate) pool: ChildPool,
    /// For versions that made a child fail before.
    pub(crate) second_chances: Semaphore,
}

/// What reading one version may take.
const FIRST_TIME: Duration = Duration::from_secs(10);
const LATER_TIME: Duration = Duration::from_secs(30);
/// How long a version waits for the place of those that failed before. After an outage these are many sound ones, and each
/// needs it for milliseconds.
const PLACE_PATIENCE: Duration = Duration::from_secs(1);
/// When it asks for the place again.
const PLACE_PAUSE: Duration = Duration::from_secs(5);
/// Idle children are let go after a while: what they remember is only worth its memory during an import.
const IDLE: Duration = Duration::from_secs(30);

/// Runs until told to stop.
pub(crate) async fn release_when_idle(worker: Arc<ParseVersion>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(IDLE) => worker.pool.release_idle(IDLE),
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
        let bytes = self.fetch(job, &archive).await?;
        let request = ReadRequest {
            limits: self.limits.clone(),
            directory: version.archive_directory.clone(),
            notes: serde_json::from_str(&version.notes).unwrap_or_default(),
        };
        // What failed before may do so again: it gets more time, and one place, so that the others hardly notice.
        let is_first = job.job().attempt == 0 && job.job().lost <= 1;
        let _place = if is_first {
            None
        } else {
            match timeout(PLACE_PATIENCE, self.second_chances.acquire()).await {
                Ok(place) => Some(place.map_err(|closed| Error::internal("waiting for a place", closed))?),
                // Whoever waits here keeps others from their first attempt.
                Err(_) => return Ok(Outcome::Later(PLACE_PAUSE)),
            }
        };
        let outcome = self.read(job, request, bytes, if is_first { FIRST_TIME } else { LATER_TIME }).await?;
        job.finish(move |session| conclude(session, &version, &archive, outcome)).await?;
        Ok(Outcome::Finished)
    }

    fn gave_up(&self, session: &mut Connection, job: &ClaimedJob, message: &str) -> Result<(), Error> {
        fail(session, &job.target, message)
    }
}

/// What a child made of an archive.
enum Reading {
    Read { summary: String, parts: Vec<NewPart> },
    Rejected(Failure),
}

impl ParseVersion {
    /// The stored archive, verified. One that is damaged or gone is reported, and made again where that is possible,
    /// before this job is tried again.
    async fn fetch(&self, job: &JobHandle, archive: &str) -> Result<Bytes, Error> {
        match self.blobs.get(archive).await {
            Err(error @ (Error::Internal { .. } | Error::NotFound { .. })) => {
                tracing::error!(blob = archive, error = error.chain(), "A stored archive cannot be read");
                let blob = archive.to_owned();
                // Without the fence: a repair locks its own job before it queues this one.
                job.store().write(move |session| versions::report_damaged(session, &blob).map(drop)).await?;
                Err(Error::unavailable("reading the stored archive of this version", error))
            }
            outcome => outcome,
        }
    }

    async fn read(
        &self,
        job: &JobHandle,
        request: ReadRequest,
        archive: Bytes,
        time: Duration,
    ) -> Result<Reading, Error> {
        let broken = |source| Error::internal("reading a child's answer", source);
        let mut child = self.pool.converse().await?;
        child.extend(time);
        child.send(&request, archive).await?;
        let (summary, parts) = match child.receive().await?.header().map_err(broken)? {
            ReadAnswer::Read { summary, parts } => (summary, parts),
            ReadAnswer::Rejected(failure) => {
                child.done();
                return Ok(Reading::Rejected(failure));
            }
        };
        let digests: BTreeSet<String> =
            parts.iter().flat_map(|part| std::iter::once(&part.docs).chain(&part.readme)).cloned().collect();
        let missing = job.store().read(move |session| documents::list_missing(session, digests)).await?;
        child.send(&WantedTexts(missing), Bytes::new()).await?;
        let frame = child.receive().await?;
        child.done();
        let TextsAnswer(lengths) = frame.header().map_err(broken)?;
        let texts = take_apart(lengths, &frame.body)?;
        Ok(Reading::Read { summary, parts: parts.into_iter().map(|part| new_part(part, &texts)).collect() })
    }
}

fn take_apart(lengths: Vec<(String, usize)>, body: &Bytes) -> Result<HashMap<String, Arc<str>>, Error> {
    let broken = || Error::internal("reading a child's answer", "its texts are cut");
    let mut rest: &[u8] = body;
    lengths
        .into_iter()
        .map(|(digest, length)| {
            let (text, after) = rest.split_at_checked(length).ok_or_else(broken)?;
            rest = after;
            Ok((digest, std::str::from_utf8(text).map_err(|_| broken())?.into()))
        })
        .collect()
}

fn conclude(session: &mut Connection, version: &ModuleVersion, archive: &str, outcome: Reading) -> Result<(), Error> {
    // Another upload came meanwhile, whether it replaced the archive already or not: its own job will come.
    let present = match versions::load(session, version.id.as_str()) {
        Err(Error::NotFound { .. }) => return Ok(()),
        other => other?,
    };
    let is_current = matches!(present.status, VersionStatus::Ingested | VersionStatus::Ok);
    if !is_current || present.archive_sha256.as_deref() != Some(archive) {
        return Ok(());
    }
    match outcome {
        Reading::Rejected(failure) => fail(session, version.id.as_str(), failure.text()),
        Reading::Read { summary, parts } => {
            let module = modules::load(session, &version.module_id)?;
            versions::set_ok(session, &module, version.id.as_str(), &summary, &parts)
        }
    }
}

fn fail(session: &mut Connection, id: &str, message: &str) -> Result<(), Error> {
    versions::set_errored(session, id, Stage::Content, message)?;
    versions::set_still_ok(session, id, message)?;
    match versions::load(session, id) {
        Ok(version) => modules::touch_by_id(session, &version.module_id),
        Err(Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn new_part(part: PartAnswer, texts: &HashMap<String, Arc<str>>) -> NewPart {
    let document = |digest: String| Document { body: texts.get(&digest).cloned(), digest };
    let kind = match part.kind {
        PartKind::Root => "root",
        PartKind::Submodule => "submodule",
        PartKind::Example => "example",
    };
    NewPart { path: part.path, kind, docs: document(part.docs), readme: part.readme.map(document) }
}
