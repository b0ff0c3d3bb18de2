//! The parent's side of making archives: sends the list to the child, and stores what comes back, in batches.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use domain::{Error, JobKind, Stage};
use futures::{StreamExt, TryStreamExt, stream};
use job_runner::{JobHandle, child::Failure, child_pool::Conversation};
use store::{
    Connection, blob_references,
    jobs::{self, NewJob},
    versions::{self, Archived},
};
use tokio::task::JoinHandle;

use crate::{
    Ingestor,
    git_messages::{ArchiveFacts, ArchiveItem, GitAnswer, GitRequest},
};

/// What one version may take before its child is given up.
const TIME_FOR_ONE: std::time::Duration = std::time::Duration::from_secs(120);
/// Archives stored, and committed, together.
const BATCH: usize = 16;
const BATCH_BYTES: usize = 16 * 1024 * 1024;
/// Writes to the blob store under way at the same time.
const PUTS: usize = 8;

/// What became of the list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Archiving {
    Complete,
    /// Told to stop; what is done is stored.
    Interrupted,
    /// The child died while it worked on these; what is done is stored.
    Died {
        suspects: Vec<String>,
    },
}

/// What an archive must be compared with before it is published: the digest of what was deleted under the same number.
pub(crate) type Deleted = BTreeMap<String, String>;

enum Made {
    Archive { version: String, facts: ArchiveFacts, bytes: Bytes },
    Rejected { version: String, failure: Failure },
}

/// Makes and stores the archives of `items`. `deleted` maps version ids to the digest that their content must have.
pub(crate) async fn archive_items(
    ingestor: &Ingestor,
    job: &JobHandle,
    child: &mut Conversation<'_>,
    items: Vec<ArchiveItem>,
    deleted: Deleted,
) -> Result<Archiving, Error> {
    let _place = ingestor.archiving.acquire().await.map_err(|source| Error::internal("waiting for a place", source))?;
    child.extend(TIME_FOR_ONE);
    child.send(&GitRequest::Archive { items, limits: ingestor.config.limits.clone() }, Bytes::new()).await?;
    let mut under_way = BTreeSet::new();
    let mut batch = Batch::new(ingestor, job, deleted);
    loop {
        child.extend(TIME_FOR_ONE);
        let frame = match child.receive().await {
            Ok(frame) => frame,
            Err(error) => {
                batch.store_all().await?;
                tracing::warn!(error = error.chain(), "A Git child died while it made archives");
                return Ok(Archiving::Died { suspects: under_way.into_iter().collect() });
            }
        };
        match frame.header().map_err(|source| Error::internal("reading a child's answer", source))? {
            GitAnswer::Started { version } => {
                under_way.insert(version);
            }
            GitAnswer::Archived { version, archive } => {
                under_way.remove(&version);
                batch.add(Made::Archive { version, facts: archive, bytes: frame.body }).await?;
            }
            GitAnswer::Rejected { version, failure } => {
                under_way.remove(&version);
                batch.add(Made::Rejected { version, failure }).await?;
            }
            GitAnswer::Done => {
                batch.store_all().await?;
                return Ok(Archiving::Complete);
            }
            GitAnswer::Fetched { .. } | GitAnswer::Failed(_) => {
                return Err(Error::internal("reading a child's answer", "it answered another question"));
            }
        }
        if job.should_hand_back() {
            batch.store_all().await?;
            return Ok(Archiving::Interrupted);
        }
    }
}

/// Collects while the batch before it is being stored.
struct Batch<'a> {
    ingestor: &'a Ingestor,
    job: &'a JobHandle,
    deleted: std::sync::Arc<Deleted>,
    made: Vec<Made>,
    bytes: usize,
    storing: Option<JoinHandle<Result<(), Error>>>,
}

impl<'a> Batch<'a> {
    fn new(ingestor: &'a Ingestor, job: &'a JobHandle, deleted: Deleted) -> Self {
        Self { ingestor, job, deleted: deleted.into(), made: Vec::new(), bytes: 0, storing: None }
    }

    async fn add(&mut self, made: Made) -> Result<(), Error> {
        if let Made::Archive { bytes, .. } = &made {
            self.bytes += bytes.len();
        }
        self.made.push(made);
        let is_idle = self.storing.as_ref().is_none_or(JoinHandle::is_finished);
        // The first archives are stored at once: somebody may be waiting for the newest version.
        if is_idle || self.made.len() >= BATCH || self.bytes >= BATCH_BYTES {
            self.store_next().await?;
        }
        Ok(())
    }

    async fn store_next(&mut self) -> Result<(), Error> {
        self.wait().await?;
        let made = std::mem::take(&mut self.made);
        self.bytes = 0;
        let (blobs, job) = (self.ingestor.blobs.clone(), self.job.clone());
        self.storing = Some(tokio::spawn(store_batch(blobs, job, made, std::sync::Arc::clone(&self.deleted))));
        Ok(())
    }

    async fn wait(&mut self) -> Result<(), Error> {
        match self.storing.take() {
            Some(storing) => storing.await.map_err(|source| Error::internal("storing archives", source))?,
            None => Ok(()),
        }
    }

    async fn store_all(&mut self) -> Result<(), Error> {
        if !self.made.is_empty() {
            self.store_next().await?;
        }
        self.wait().await
    }
}

/// References first, then the bytes, then the rows: whatever happens in between, nothing refers to what is not there.
async fn store_batch(
    blobs: blobs::Blobs,
    job: JobHandle,
    made: Vec<Made>,
    deleted: std::sync::Arc<Deleted>,
) -> Result<(), Error> {
    let mut references = Vec::new();
    let mut puts = Vec::new();
    let mut rows = Vec::new();
    for made in made {
        match made {
            Made::Archive { version, facts, bytes } => {
                if deleted.get(&version).is_some_and(|digest| *digest != facts.tar_sha256) {
                    let message = "was published before with other content and deleted; release under a new version";
                    rows.push((version, Err((Stage::Content, message.to_owned()))));
                    continue;
                }
                references.push((version.clone(), facts.sha256.clone()));
                rows.push((version, archived_row(&facts, bytes.len())));
                puts.push((facts.sha256, bytes));
            }
            Made::Rejected { version, failure } => {
                rows.push((version, Err((Stage::Clone, failure.text().to_owned()))));
            }
        }
    }
    if !references.is_empty() {
        job.write(move |session| blob_references::insert(session, &references)).await?;
    }
    stream::iter(puts)
        .map(|(sha256, bytes)| {
            let blobs = blobs.clone();
            async move { blobs.put(&sha256, bytes).await }
        })
        .buffer_unordered(PUTS)
        .try_collect::<()>()
        .await?;
    let scope = job.job().scope.clone();
    job.write_progress(move |session| rows.into_iter().try_for_each(|(id, row)| record(session, &scope, &id, row)))
        .await
}

/// The version was deleted or published meanwhile: what was stored for it now must not stay.
pub(crate) fn release_unused(session: &mut Connection, scope: &str, id: &str) -> Result<(), Error> {
    match versions::load(session, id) {
        Ok(version) => {
            let published = version.archive_sha256.unwrap_or_default();
            blob_references::release_others(session, id, &published, scope)
        }
        Err(Error::NotFound { .. }) => blob_references::release(session, &[id.to_owned()], scope),
        Err(error) => Err(error),
    }
}

type Row = Result<Archived, (Stage, String)>;

fn archived_row(facts: &ArchiveFacts, size: usize) -> Row {
    Ok(Archived {
        archive_sha256: facts.sha256.clone(),
        tar_sha256: facts.tar_sha256.clone(),
        size: i64::try_from(size).unwrap_or(i64::MAX),
        directory: facts.directory.clone(),
        notes: serde_json::to_string(&facts.notes).unwrap_or_else(|_| "[]".to_owned()),
        published_at: facts.committed_at.saturating_mul(1000),
    })
}

fn record(session: &mut Connection, scope: &str, id: &str, row: Row) -> Result<(), Error> {
    match row {
        Ok(archived) => {
            if !versions::set_archived(session, id, &archived)? {
                return release_unused(session, scope, id);
            }
            blob_references::release_others(session, id, &archived.archive_sha256, scope)?;
            jobs::enqueue(session, NewJob::new(JobKind::ParseVersion, id, scope))
        }
        Err((stage, message)) => versions::set_errored(session, id, stage, &message),
    }
}
