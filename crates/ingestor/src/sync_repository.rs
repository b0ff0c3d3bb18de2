//! `sync-repository`: one fetch, a look at the tags, and the archives that are missing, for every module of a repository.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{Error, Id, JobKind, ModuleStatus, Publishing, Stage, kinds};
use git_source::{FetchLimits, Refs};
use job_runner::{JobHandle, Outcome, Worker, child_pool::Conversation};
use sha2::{Digest, Sha256};
use store::{
    Connection,
    jobs::{self, ClaimedJob, NewJob},
    modules::{self, Module},
    repositories::{self, Repository},
    versions,
};

use crate::{
    Ingestor,
    archiving::{Archiving, Deleted, Use, archive_items},
    git_messages::{GitAnswer, GitRequest},
    preparing::{Look, prepare},
    remote::{base_of, forget_credentials, remote_of},
};

/// Tags of a repository; more are a mistake, and would hold up everybody's writes.
const MOST_TAGS: u64 = 20_000;

pub(crate) struct SyncRepository(pub(crate) Arc<Ingestor>);

/// A repository and how it is reached.
pub(crate) struct Loaded {
    pub(crate) repository: Repository,
    pub(crate) connection: store::connections::Connection,
    /// To fetch besides its tags and its default branch.
    pub(crate) branches: Vec<String>,
}

/// Reads what a sync needs; `None` if the repository is gone.
pub(crate) fn load(session: &mut Connection, id: &str) -> Result<Option<Loaded>, Error> {
    let Some((repository, connection)) = repositories::list_with_connections(session, &[id.to_owned()])?.pop() else {
        return Ok(None);
    };
    Ok(Some(Loaded { repository, connection, branches: modules::list_branches(session, id)? }))
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
        let (target, refs) = (repository.clone(), Arc::new(refs));
        let (seen, asked) = (Arc::clone(&refs), loaded.branches);
        let (modules, (items, deleted)) = job
            .write(move |session| {
                let mut work = (Vec::new(), Deleted::new());
                let look = Look { source: &loaded.connection.kind, refs: &seen };
                // All of them before any module: what deletes versions waits for them too.
                jobs::lock_for_target(session, target.as_str())?;
                // Read anew: modules came and went while the repository was fetched.
                let modules = modules::list_of_repository(session, target.as_str())?;
                for module in &modules {
                    prepare(session, module, &look, &mut work)?;
                }
                Ok((modules, work))
            })
            .await?;
        if !items.is_empty() {
            match archive_items(&self.0, job, &mut child, items, Use::Publish(deleted)).await? {
                Archiving::Complete { waiting } if waiting.is_empty() => {}
                Archiving::Complete { waiting } => split_off(job, waiting).await?,
                Archiving::Interrupted => return Ok(Outcome::HandBack),
                Archiving::Died { suspects } if suspects.is_empty() => {
                    return Err(Error::unavailable("reading the repository", "the child process aborted"));
                }
                Archiving::Died { suspects } => {
                    let why = "its tree could not be read; trying it by itself".to_owned();
                    split_off(job, suspects.into_iter().map(|version| (version, why.clone())).collect()).await?;
                    return Ok(Outcome::HandBack);
                }
            }
        }
        child.done();
        job.finish(move |session| conclude(session, &repository, &modules, (&refs, &asked))).await?;
        Ok(Outcome::Finished)
    }
}

/// Brings the mirror up to date; returns what the remote has.
pub(crate) async fn fetch(ingestor: &Ingestor, child: &mut Conversation<'_>, loaded: &Loaded) -> Result<Refs, Error> {
    let config = &ingestor.config;
    let during = "reading the repository";
    let request = GitRequest::Fetch {
        base: base_of(loaded)?,
        branches: loaded.branches.clone(),
        remote: remote_of(config, loaded).await?,
        mirror: config.mirrors.join(format!("{}.git", loaded.repository.id)).to_string_lossy().into_owned(),
        allowed: config.allowed.clone(),
        trust: config.trust.clone(),
        limits: FetchLimits { refs: MOST_TAGS, ..FetchLimits::default() },
    };
    child.send(&request, Bytes::new()).await?;
    let answer = child.receive().await?.header().map_err(|source| Error::internal(during, source))?;
    match answer {
        GitAnswer::Fetched { refs } => Ok(refs),
        GitAnswer::Failed(failure) => {
            if !failure.is_transient() && forget_credentials(config, loaded)? {
                // With others it may be let in; whether the host gives others it says itself.
                return Err(Error::unavailable(during, failure.text().to_owned()));
            }
            Err(failure.into_error(during))
        }
        _ => Err(Error::internal(during, "the child answered another question")),
    }
}

/// What killed the child, or waits for something, becomes a job of its own for each version, so that the others go on without
/// it.
async fn split_off(job: &JobHandle, versions: Vec<(String, String)>) -> Result<(), Error> {
    let scope = job.job().scope.clone();
    job.write_progress(move |session| {
        for (version, why) in &versions {
            jobs::enqueue(session, NewJob::new(JobKind::IngestVersion, version, &scope))?;
            // Errored for now, so that this job leaves it alone; the job of its own takes it up again.
            versions::set_errored(session, version, Stage::Clone, why)?;
        }
        Ok(())
    })
    .await
}

/// `seen` are the modules that this sync looked at, `asked` the branches that it asked for. Others may have come meanwhile,
/// and some of these may take their versions from elsewhere by now: they have another sync to wait for.
fn conclude(
    session: &mut Connection,
    id: &Id<kinds::Repository>,
    seen: &[Module],
    (refs, asked): (&Refs, &[String]),
) -> Result<(), Error> {
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
        let is_missing = asked.contains(&module.branch) && !refs.branches.contains_key(&module.branch);
        match module.publishing {
            Publishing::Branch if is_missing => {
                fail(session, module, &format!("the repository has no branch {}", module.branch))?;
            }
            Publishing::Branch => modules::settle_status(session, module, ModuleStatus::Pending)?,
            Publishing::Tags | Publishing::Upload => {
                modules::settle_status(session, module, ModuleStatus::NoVersionTags)?;
            }
        }
    }
    Ok(())
}

/// Whether the module still has the rules under which it was looked at.
fn is_as_seen(seen: &Module, now: &Module) -> bool {
    (&seen.id, &seen.source_directory, &seen.tag_prefix, &seen.branch)
        == (&now.id, &now.source_directory, &now.tag_prefix, &now.branch)
}

/// The owners see why: on every module of the repository, whose published versions stay as they are.
fn note_failure(session: &mut Connection, id: &str, message: &str) -> Result<(), Error> {
    repositories::set_failed(session, &id.parse()?, message)?;
    let modules = modules::list_of_repository(session, id)?;
    let ids: Vec<String> = modules.iter().map(|module| module.id.to_string()).collect();
    modules::set_synced(session, &ids)?;
    modules.iter().try_for_each(|module| fail(session, module, message))
}

/// What it has can be installed as before.
fn fail(session: &mut Connection, module: &Module, message: &str) -> Result<(), Error> {
    let status = match module.status {
        ModuleStatus::SetupComplete => ModuleStatus::SetupComplete,
        _ => ModuleStatus::SetupFailed,
    };
    modules::set_status(session, module, status, Some(message))
}
