//! The parent's side of making archives: sends the list to the child, and stores what comes back, in batches.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use domain::{Error, JobKind, Stage, VersionStatus};
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
    replacement::Replacement,
};

/// What one version may take before its child is given up.
const TIME_FOR_ONE: Duration = Duration::from_secs(120);
/// The same for a submodule: two fetches, which end by themselves before.
const TIME_FOR_SUBMODULE: Duration = Duration::from_secs(1_300);
/// Archives stored, and committed, together.
const BATCH: usize = 16;
const BATCH_BYTES: usize = 16 * 1024 * 1024;
/// Writes to the blob store under way at the same time.
const PUTS: usize = 8;

/// What became of the list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Archiving {
    /// All that could be made was; these versions wait for a Git submodule that may still come, and why.
    Complete { waiting: Vec<(String, String)> },
    /// Told to stop; what is done is stored.
    Interrupted,
    /// The child died while it worked on these; what is done is stored.
    Died { suspects: Vec<String> },
}

/// What an archive must be compared with before it is published: the digest of what was deleted under the same number.
pub(crate) type Deleted = BTreeMap<String, String>;

/// What is done with the archives.
pub(crate) enum Use {
    /// They make versions that can be published, if they are not other than what was deleted (by version).
    Publish(Deleted),
    /// The one archive takes the place of that of a published version, by the word of its owner.
    Replace(Replacement),
}

enum Made {
    /// From this commit.
    Archive {
        version: String,
        commit: String,
        facts: ArchiveFacts,
        bytes: Bytes,
    },
    Rejected {
        version: String,
        failure: Failure,
    },
}

/// Makes and stores the archives of `items`.
pub(crate) async fn archive_items(
    ingestor: &Ingestor,
    job: &JobHandle,
    child: &mut Conversation<'_>,
    items: Vec<ArchiveItem>,
    purpose: Use,
) -> Result<Archiving, Error> {
    if items.iter().any(|item| item.submodules) && !fetch_submodules(job, child, &items).await? {
        return Ok(Archiving::Interrupted);
    }
    let _place = ingestor.archiving.acquire().await.map_err(|source| Error::internal("waiting for a place", source))?;
    child.extend(TIME_FOR_ONE);
    let commits: BTreeMap<String, String> =
        items.iter().map(|item| (item.version.clone(), item.commit.clone())).collect();
    child.send(&GitRequest::Archive { items, limits: ingestor.config.limits.clone() }, Bytes::new()).await?;
    let (mut under_way, mut waiting) = (BTreeSet::new(), Vec::new());
    // Without anything made a slice that is over would only begin anew.
    let mut has_made = false;
    let mut batch = Batch::new(ingestor, job, purpose);
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
                has_made = true;
                let commit = commits.get(&version).cloned().ok_or_else(another_question)?;
                batch.add(Made::Archive { version, commit, facts: archive, bytes: frame.body }).await?;
            }
            GitAnswer::Rejected { version, failure } => {
                under_way.remove(&version);
                has_made = true;
                batch.add(Made::Rejected { version, failure }).await?;
            }
            GitAnswer::Waits { version, failure } => {
                under_way.remove(&version);
                waiting.push((version, failure.text().to_owned()));
            }
            GitAnswer::Done => {
                batch.store_all().await?;
                return Ok(Archiving::Complete { waiting });
            }
            _ => return Err(another_question()),
        }
        if job.is_stopping() || (has_made && job.should_hand_back()) {
            batch.store_all().await?;
            return Ok(Archiving::Interrupted);
        }
    }
}

/// Not in one of the places for archives: foreign servers take their time. False if the process stops meanwhile.
async fn fetch_submodules(job: &JobHandle, child: &mut Conversation<'_>, items: &[ArchiveItem]) -> Result<bool, Error> {
    child.send(&GitRequest::Submodules { items: items.to_vec() }, Bytes::new()).await?;
    loop {
        child.extend(TIME_FOR_SUBMODULE);
        let frame = child.receive().await?;
        match frame.header().map_err(|source| Error::internal("reading a child's answer", source))? {
            GitAnswer::Fetching if job.is_stopping() => return Ok(false),
            GitAnswer::Fetching => {}
            GitAnswer::SubmodulesFetched => return Ok(true),
            _ => return Err(another_question()),
        }
    }
}

fn another_question() -> Error {
    Error::internal("reading a child's answer", "it answered another question")
}

/// Collects while the batch before it is being stored.
struct Batch<'a> {
    ingestor: &'a Ingestor,
    job: &'a JobHandle,
    purpose: Arc<Use>,
    made: Vec<Made>,
    bytes: usize,
    storing: Option<JoinHandle<Result<(), Error>>>,
}

impl<'a> Batch<'a> {
    fn new(ingestor: &'a Ingestor, job: &'a JobHandle, purpose: Use) -> Self {
        Self { ingestor, job, purpose: purpose.into(), made: Vec::new(), bytes: 0, storing: None }
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
        self.storing = Some(tokio::spawn(store_batch(blobs, job, made, Arc::clone(&self.purpose))));
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
async fn store_batch(blobs: blobs::Blobs, job: JobHandle, made: Vec<Made>, purpose: Arc<Use>) -> Result<(), Error> {
    let mut references = Vec::new();
    let mut puts = Vec::new();
    let mut rows = Vec::new();
    for made in made {
        match made {
            Made::Archive { version, commit, facts, bytes } => {
                if purpose.forbids(&version, &facts) {
                    let message = "was published before with other content and deleted; release under a new version";
                    rows.push((version, Err((Stage::Content, message.to_owned()))));
                    continue;
                }
                references.push((version.clone(), facts.sha256.clone()));
                rows.push((version, Ok((commit, archived_row(&facts, bytes.len())))));
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
    job.write_progress(move |session| {
        rows.into_iter().try_for_each(|(id, row)| purpose.record(session, &scope, &id, row))
    })
    .await
}

/// The same of a version that may be under way from another commit by now. Then what was stored here goes with that archive:
/// what is stored for it already must not.
fn give_back(session: &mut Connection, scope: &str, id: &str) -> Result<(), Error> {
    match versions::load(session, id) {
        Ok(version) if !matches!(version.status, VersionStatus::Ingested | VersionStatus::Ok) => Ok(()),
        Ok(_) | Err(Error::NotFound { .. }) => release_unused(session, scope, id),
        Err(error) => Err(error),
    }
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

/// What a version gets: an archive and the commit that it is made from, or why it has none.
type Row = Result<(String, Archived), (Stage, String)>;

impl Use {
    /// Another content than this was published under the number, and deleted.
    fn forbids(&self, version: &str, facts: &ArchiveFacts) -> bool {
        match self {
            Self::Publish(deleted) => deleted.get(version).is_some_and(|digest| *digest != facts.tar_sha256),
            Self::Replace(_) => false,
        }
    }

    fn record(&self, session: &mut Connection, scope: &str, id: &str, row: Row) -> Result<(), Error> {
        match (self, row) {
            (Self::Publish(_), row) => publish(session, scope, id, row),
            (Self::Replace(wanted), Ok((_, archived))) => wanted.fulfil(session, scope, id, &archived),
            (Self::Replace(wanted), Err((_, message))) => wanted.give_up(session, scope, id, &message),
        }
    }
}

fn archived_row(facts: &ArchiveFacts, size: usize) -> Archived {
    Archived {
        archive_sha256: facts.sha256.clone(),
        tar_sha256: facts.tar_sha256.clone(),
        size: i64::try_from(size).unwrap_or(i64::MAX),
        directory: facts.directory.clone(),
        submodules: facts.submodules,
        notes: serde_json::to_string(&facts.notes).unwrap_or_else(|_| "[]".to_owned()),
        published_at: facts.committed_at.saturating_mul(1000),
    }
}

fn publish(session: &mut Connection, scope: &str, id: &str, row: Row) -> Result<(), Error> {
    match row {
        Ok((commit, archived)) => {
            if !versions::set_archived_from(session, id, &commit, &archived)? {
                return give_back(session, scope, id);
            }
            blob_references::release_others(session, id, &archived.archive_sha256, scope)?;
            jobs::enqueue(session, NewJob::new(JobKind::ParseVersion, id, scope))
        }
        Err((stage, message)) => versions::set_errored(session, id, stage, &message),
    }
}
