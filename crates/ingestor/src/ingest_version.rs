//! `ingest-version`: one version from Git by itself, because it made a child die, or because somebody asked.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Error, JobKind, Publishing, Stage, TagRule, VersionStatus};
use git_source::Tag;
use job_runner::{JobHandle, Outcome, Worker, child::ForUser};
use store::{
    Connection,
    jobs::{self, ClaimedJob},
    modules::{self, Module},
    tombstones,
    versions::{self, ModuleVersion},
};

use crate::{
    Ingestor,
    archiving::{Archiving, Deleted, Use, archive_items},
    git_messages::ArchiveItem,
    plan::{Origin, source_of, tags_of},
    replacement::{self, Replacement},
    sync_repository::{Loaded, fetch, load},
};

pub(crate) struct IngestVersion(pub(crate) Arc<Ingestor>);

/// The version, and what it is made from.
struct Wanted {
    version: ModuleVersion,
    module: Module,
    loaded: Loaded,
    /// The digest that its content must have.
    deleted: Deleted,
}

/// What is to be done with it.
enum Purpose {
    /// It was never published.
    Publish,
    /// Its stored archive was damaged.
    Repair,
    /// It is published, and its owner accepted this commit in the place of the published one.
    Replace(String),
}

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
    let Some(mut loaded) = load(session, repository)? else { return Ok(None) };
    // Its module may be made from another one by now.
    loaded.branches.extend(version.branch.clone().filter(|branch| !loaded.branches.contains(branch)));
    Ok(Some(Wanted { version, module, loaded, deleted }))
}

impl Wanted {
    fn purpose(&self, args: i64) -> Option<Purpose> {
        match &self.version.accepted {
            Some(commit) => Some(Purpose::Replace(commit.clone())),
            None if self.version.ok_at.is_none() => Some(Purpose::Publish),
            None => (args & jobs::args::REPAIR != 0 && self.version.is_damaged()).then_some(Purpose::Repair),
        }
    }

    /// What it is made from now; or why it cannot be.
    fn origin(&self, tags: &[Tag]) -> Result<Origin, String> {
        match (self.module.publishing, &self.version.commit_sha) {
            (Publishing::Branch, Some(commit)) => Ok(Origin { tag: None, commit: commit.clone() }),
            _ => source_of(&self.tags_in(tags)).map(Origin::from),
        }
    }

    /// Those of `tags` that stand for the version now.
    fn tags_in<'a>(&self, tags: &'a [Tag]) -> Vec<&'a Tag> {
        tags_of(&TagRule::new(&self.module.tag_prefix), tags, &self.version.version)
    }
}

#[async_trait]
impl Worker for IngestVersion {
    const KIND: JobKind = JobKind::IngestVersion;

    async fn handle(&self, job: &JobHandle) -> Result<Outcome, Error> {
        let target = job.job().target.clone();
        let wanted = job.store().read(move |session| load_wanted(session, &target)).await?;
        let purpose = wanted.as_ref().and_then(|wanted| wanted.purpose(job.job().args));
        let Some((wanted, purpose)) = wanted.zip(purpose) else {
            return job.finish(|_| Ok(Outcome::Finished)).await;
        };
        let mut child = self.0.git.converse().await?;
        let refs = fetch(&self.0, &mut child, &wanted.loaded).await?;
        let (commit, use_of_it) = match &purpose {
            Purpose::Publish => (choose_commit(job, &wanted, &refs.tags).await?, Use::Publish(wanted.deleted)),
            Purpose::Repair => (wanted.version.commit_sha.clone(), Use::Publish(wanted.deleted)),
            Purpose::Replace(commit) => match check_accepted(job, &wanted, commit, &refs.tags).await? {
                Some(replacement) => (Some(commit.clone()), Use::Replace(replacement)),
                None => (None, Use::Publish(Deleted::new())),
            },
        };
        let Some(commit) = commit else {
            child.done();
            return job.finish(|_| Ok(Outcome::Finished)).await;
        };
        let Wanted { version, module, .. } = wanted;
        // What is made again is made as it was.
        let is_repair = matches!(purpose, Purpose::Repair);
        let items = vec![ArchiveItem {
            version: version.id.to_string(),
            commit,
            directory: module.source_directory,
            submodules: if is_repair { version.submodules } else { module.submodules },
        }];
        match archive_items(&self.0, job, &mut child, items, use_of_it).await? {
            // Another attempt at it: it waits for nothing else.
            Archiving::Complete { waiting } if !waiting.is_empty() => {
                let why = waiting.into_iter().map(|(_, why)| why).collect::<String>();
                Err(Error::unavailable("reading the repository", ForUser(why)))
            }
            Archiving::Complete { .. } => {
                child.done();
                self.conclude(job, version.archive_sha256.filter(|_| is_repair)).await
            }
            Archiving::Interrupted => Ok(Outcome::HandBack),
            Archiving::Died { .. } => Err(aborted()),
        }
    }

    fn gave_up(&self, session: &mut Connection, job: &ClaimedJob, message: &str) -> Result<(), Error> {
        let version = versions::load(session, &job.target)?;
        match &version.accepted {
            // Accepted while the last attempt at something else ran: the next one is about that.
            Some(_) if jobs::is_active(session, Self::KIND, &job.target)? => Ok(()),
            Some(commit) => replacement::give_up(session, &job.scope, &job.target, commit, message),
            None => {
                versions::set_unrepaired(session, &job.target, message)?;
                versions::set_errored(session, &job.target, Stage::Clone, message)
            }
        }
    }
}

fn aborted() -> Error {
    let reason = ForUser("it aborted: too much memory or time was needed".to_owned());
    Error::unavailable("reading this version in a child process", reason)
}

/// The commit that its tags are on by now, or that was asked for, which is noted; `None` if there is nothing to make any more.
async fn choose_commit(job: &JobHandle, wanted: &Wanted, tags: &[Tag]) -> Result<Option<String>, Error> {
    let origin = wanted.origin(tags);
    let (id, expected) = (wanted.version.id.to_string(), wanted.version.commit_sha.clone());
    job.write(move |session| {
        let version = versions::load(session, &id)?;
        // The fetch may have waited for a sync of the same repository, which then took this version up.
        let is_made = matches!(version.status, VersionStatus::Ingested | VersionStatus::Ok);
        if is_made || version.commit_sha != expected {
            return Ok(None);
        }
        match origin {
            Ok(Origin { tag, commit }) => {
                let is_unmade = versions::set_fetched(session, &id, tag.as_deref(), &commit)?;
                Ok(is_unmade.then_some(commit))
            }
            Err(message) => {
                versions::set_errored(session, &id, Stage::Clone, &message)?;
                Ok(None)
            }
        }
    })
    .await
}

/// The tag that is on the accepted commit by now. `None`: there is none, which the version then says, or the owner accepts
/// another one.
async fn check_accepted(
    job: &JobHandle,
    wanted: &Wanted,
    commit: &str,
    tags: &[Tag],
) -> Result<Option<Replacement>, Error> {
    let tag = wanted.tags_in(tags).into_iter().find(|tag| tag.commit == commit).map(|tag| tag.name.clone());
    let (id, scope, commit) = (wanted.version.id.to_string(), job.job().scope.clone(), commit.to_owned());
    job.write(move |session| {
        let Some(tag) = tag else {
            let reason = format!("its tag is not on commit {commit} any more");
            replacement::give_up(session, &scope, &id, &commit, &reason)?;
            return Ok(None);
        };
        let is_accepted = versions::begin_replacing(session, &id, &commit)?;
        Ok(is_accepted.then_some(Replacement { tag, commit }))
    })
    .await
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
