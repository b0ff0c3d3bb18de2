//! `sync-repository`: one fetch, a look at the tags, and the archives that are missing, for every module of a repository.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{Error, Id, JobKind, ModuleStatus, Stage, TagRule, VersionStatus, kinds};
use git_source::{FetchLimits, Refs};
use job_runner::{JobHandle, Outcome, Worker, child_pool::Conversation};
use sha2::{Digest, Sha256};
use store::{
    Connection,
    jobs::{self, ClaimedJob, NewJob},
    modules::{self, Module},
    repositories::{self, Repository},
    tombstones,
    versions::{self, ModuleVersion, NewVersion},
};

use crate::{
    Ingestor,
    archiving::{Archiving, Deleted, archive_items},
    git_messages::{ArchiveItem, GitAnswer, GitRequest},
    plan::{Step, Wish, plan},
    remote::remote_of,
};

/// Tags of a repository; more are a mistake, and would hold up everybody's writes.
const MOST_TAGS: u64 = 20_000;

pub(crate) struct SyncRepository(pub(crate) Arc<Ingestor>);

/// A repository and how it is reached.
pub(crate) struct Loaded {
    pub(crate) repository: Repository,
    pub(crate) connection: store::connections::Connection,
}

/// Reads what a sync needs; `None` if the repository is gone.
pub(crate) fn load(session: &mut Connection, id: &str) -> Result<Option<Loaded>, Error> {
    let found = repositories::list_with_connections(session, &[id.to_owned()])?.pop();
    Ok(found.map(|(repository, connection)| Loaded { repository, connection }))
}

#[async_trait]
impl Worker for SyncRepository {
    const KIND: JobKind = JobKind::SyncRepository;

    async fn handle(&self, job: &JobHandle) -> Result<Outcome, Error> {
        let target = job.job().target.clone();
        let Some(loaded) = job.store().read(move |session| load(session, &target)).await? else {
            return job.finish(|_| Ok(Outcome::Finished)).await;
        };
        let mut child = self.0.git.converse().await?;
        match fetch(&self.0, &mut child, &loaded).await {
            Ok(refs) => self.publish(job, child, loaded, refs).await,
            Err(error) if error.is_transient() => Err(error),
            // Trying again would not help; the next look at the repository will.
            Err(error) => {
                let id = loaded.repository.id.to_string();
                let message = error.to_string();
                job.finish(move |session| note_failure(session, &id, &message)).await?;
                Ok(Outcome::Finished)
            }
        }
    }

    fn gave_up(&self, session: &mut Connection, job: &ClaimedJob, message: &str) -> Result<(), Error> {
        note_failure(session, &job.target, message)
    }
}

impl SyncRepository {
    async fn publish(
        &self,
        job: &JobHandle,
        mut child: Conversation<'_>,
        loaded: Loaded,
        refs: Refs,
    ) -> Result<Outcome, Error> {
        let repository = loaded.repository.id.clone();
        let tags = refs.tags.clone();
        let target = repository.clone();
        let (seen, (items, deleted)) = job
            .write(move |session| {
                let mut work = (Vec::new(), Deleted::new());
                let look = Look { source: &loaded.connection.kind, tags: &tags };
                // Read anew: modules came and went while the repository was fetched.
                let modules = modules::list_of_repository(session, target.as_str())?;
                for module in &modules {
                    prepare(session, module, &look, &mut work)?;
                }
                Ok((modules, work))
            })
            .await?;
        if !items.is_empty() {
            match archive_items(&self.0, job, &mut child, items, deleted).await? {
                Archiving::Complete => {}
                Archiving::Interrupted => return Ok(Outcome::HandBack),
                Archiving::Died { suspects } if suspects.is_empty() => {
                    return Err(Error::unavailable("reading the repository", "the child process aborted"));
                }
                Archiving::Died { suspects } => return set_apart(job, suspects).await,
            }
        }
        child.done();
        job.finish(move |session| conclude(session, &repository, &seen, &refs)).await?;
        Ok(Outcome::Finished)
    }
}

/// What was asked for this module alone.
fn wish_of(module: &Module) -> Wish {
    Wish { force: module.wish & jobs::args::FORCE != 0, explicit: module.wish & jobs::args::EXPLICIT != 0 }
}

/// Brings the mirror up to date; returns what the remote has.
pub(crate) async fn fetch(ingestor: &Ingestor, child: &mut Conversation<'_>, loaded: &Loaded) -> Result<Refs, Error> {
    let config = &ingestor.config;
    let during = "reading the repository";
    let request = GitRequest::Fetch {
        remote: remote_of(&config.seal_keys, &loaded.connection, &loaded.repository)?,
        mirror: config.mirrors.join(format!("{}.git", loaded.repository.id)).to_string_lossy().into_owned(),
        allowed: config.allowed.clone(),
        limits: FetchLimits { refs: MOST_TAGS, ..FetchLimits::default() },
    };
    child.send(&request, Bytes::new()).await?;
    let answer = child.receive().await?.header().map_err(|source| Error::internal(during, source))?;
    match answer {
        GitAnswer::Fetched { refs } => Ok(refs),
        GitAnswer::Failed(failure) => Err(failure.into_error(during)),
        _ => Err(Error::internal(during, "the child answered another question")),
    }
}

/// What was seen at the host.
struct Look<'a> {
    /// The kind of host, which versions name as their source.
    source: &'a str,
    tags: &'a [git_source::Tag],
}

/// Makes the missing rows of one module, and lists the archives to make.
fn prepare(
    session: &mut Connection,
    module: &Module,
    look: &Look<'_>,
    (items, deleted): &mut (Vec<ArchiveItem>, Deleted),
) -> Result<(), Error> {
    let wish = wish_of(module);
    let present = versions::list(session, module.id.as_str())?;
    // Before anything of the module is locked: a parser has its job first, and then the module.
    if wish.force {
        read_again(session, module, &present)?;
    }
    let tombstones = tombstones::list(session, module)?;
    let is_deleted = |version: &domain::Version| tombstones.contains_key(&version.to_string());
    let numbers: BTreeMap<String, String> =
        present.iter().map(|row: &ModuleVersion| (row.id.to_string(), row.version.to_string())).collect();
    let steps = plan(&TagRule::new(&module.tag_prefix), look.tags, &present, is_deleted, wish);
    let (mut cloning, mut gone) = (Vec::new(), Vec::new());
    let changes = !steps.is_empty();
    for step in steps {
        let (id, number, commit) = match step {
            Step::Create { version, tag, commit } => {
                let id = insert(session, module, (&version, look.source), Some((&tag, &commit)))?;
                (id, version.to_string(), commit)
            }
            Step::Archive { id, tag, commit } => {
                versions::set_tag(session, &id, &tag, &commit)?;
                cloning.push(id.clone());
                let number = numbers.get(&id).cloned().unwrap_or_default();
                (id, number, commit)
            }
            Step::Collide { id, version, message } => {
                let id = id.map_or_else(|| insert(session, module, (&version, look.source), None), Ok)?;
                versions::set_errored(session, &id, Stage::Clone, &message)?;
                continue;
            }
            Step::Forget { id } => {
                gone.extend(present.iter().filter(|row| row.id.as_str() == id).cloned());
                continue;
            }
            Step::Moved { id, to } => {
                versions::set_moved(session, &id, to.as_deref())?;
                continue;
            }
        };
        if let Some(Some(digest)) = tombstones.get(&number) {
            deleted.insert(id.clone(), digest.clone());
        }
        items.push(ArchiveItem { version: id, commit, directory: module.source_directory.clone() });
    }
    versions::set_cloning(session, &cloning)?;
    if !gone.is_empty() {
        versions::forget(session, module, &gone)?;
    }
    modules::clear_wish(session, module)?;
    if changes { modules::touch(session, module) } else { Ok(()) }
}

/// The documentation of what is published, from the bytes that are stored.
fn read_again(session: &mut Connection, module: &Module, present: &[ModuleVersion]) -> Result<(), Error> {
    for version in present.iter().filter(|version| version.status == VersionStatus::Ok) {
        let job = NewJob::new(JobKind::ParseVersion, &version.id, &module.scope_id).with_args(jobs::args::FORCE);
        jobs::enqueue(session, job)?;
    }
    Ok(())
}

fn insert(
    session: &mut Connection,
    module: &Module,
    (version, source): (&domain::Version, &str),
    tag: Option<(&str, &str)>,
) -> Result<String, Error> {
    let id = Id::<kinds::ModuleVersion>::random();
    let new = NewVersion {
        id: &id,
        module: &module.id,
        version,
        source,
        tag: tag.map(|(tag, _)| tag),
        commit: tag.map(|(_, commit)| commit),
        status: VersionStatus::Cloning,
    };
    versions::insert(session, &new)?;
    Ok(id.to_string())
}

/// The child died: each version it was at becomes a job of its own, so that the others go on without it.
async fn set_apart(job: &JobHandle, suspects: Vec<String>) -> Result<Outcome, Error> {
    let scope = job.job().scope.clone();
    job.write_progress(move |session| {
        for version in &suspects {
            // Errored for now, so that this job leaves it alone; the job of its own takes it up again.
            versions::set_errored(session, version, Stage::Clone, "its tree could not be read; trying it by itself")?;
            jobs::enqueue(session, NewJob::new(JobKind::IngestVersion, version, &scope))?;
        }
        Ok(())
    })
    .await?;
    Ok(Outcome::HandBack)
}

/// `seen` are the modules that this sync looked at. Others may have come meanwhile, and some of these may take their
/// versions from elsewhere by now: they have another sync to wait for.
fn conclude(session: &mut Connection, id: &Id<kinds::Repository>, seen: &[Module], refs: &Refs) -> Result<(), Error> {
    let mut digest = Sha256::new();
    for tag in &refs.tags {
        digest.update(format!("{} {}\n", tag.commit, tag.name));
    }
    let branch = refs.head.as_ref().and_then(|head| head.branch.as_deref());
    repositories::set_synced(session, id, &hex::encode(digest.finalize()), branch)?;
    let mut modules = modules::list_of_repository(session, id.as_str())?;
    modules.retain(|module| seen.iter().any(|seen| is_as_seen(seen, module)));
    let ids: Vec<String> = modules.iter().map(|module| module.id.to_string()).collect();
    modules::set_synced(session, &ids)?;
    for module in &modules {
        modules::settle_status(session, module, ModuleStatus::NoVersionTags)?;
    }
    Ok(())
}

/// Whether the module still has the rules under which it was looked at.
fn is_as_seen(seen: &Module, now: &Module) -> bool {
    (&seen.id, &seen.source_directory, &seen.tag_prefix) == (&now.id, &now.source_directory, &now.tag_prefix)
}

/// The owners see why: on every module of the repository, whose published versions stay as they are.
fn note_failure(session: &mut Connection, id: &str, message: &str) -> Result<(), Error> {
    repositories::set_failed(session, &id.parse()?, message)?;
    let modules = modules::list_of_repository(session, id)?;
    let ids: Vec<String> = modules.iter().map(|module| module.id.to_string()).collect();
    modules::set_synced(session, &ids)?;
    for module in &modules {
        let status = match module.status {
            ModuleStatus::SetupComplete => ModuleStatus::SetupComplete,
            _ => ModuleStatus::SetupFailed,
        };
        modules::set_status(session, module, status, Some(message))?;
    }
    Ok(())
}
