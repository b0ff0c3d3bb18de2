//! Where a module comes from: its repository, and its tags or a branch there.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use domain::{Error, Id, JobKind, ModuleStatus, Publishing, VanishedTags, VersionStatus, kinds};

use crate::{
    Connection,
    error::During,
    jobs::{self, NewJob},
    repositories,
    schema::{module_versions, modules},
    versions::{self, ModuleVersion},
};

use super::{Module, load, lock, settle_status, touch};

/// What a module gets from its branch's head if it has nothing when it comes to be made from a branch (wire-spec 6.4.2).
const FIRST: &str = "0.0.0";

/// Where a module comes from from now on.
#[derive(Debug)]
pub struct NewSource<'a> {
    pub repository: &'a Id<kinds::Repository>,
    pub display_identifier: &'a str,
    pub source_directory: &'a str,
    pub tag_prefix: &'a str,
    /// Empty: from its tags.
    pub branch: &'a str,
}

/// Has the versions that are still to come come from elsewhere. What is published stays as it is. Of what is not, the commits
/// that were asked for are read anew; the rest is forgotten, and comes again with the next look at the repository, which the
/// caller has queued. A repository that nobody needs any more goes. `Unavailable` if somebody else changed the source of
/// the module since it was read.
pub fn set_source(session: &mut Connection, module: &Module, source: &NewSource<'_>) -> Result<(), Error> {
    let former = module.repository_id.as_deref().filter(|former| *former != source.repository.as_str());
    if let Some(repository) = &module.repository_id {
        // A sync of it is either over, or sees the change: what it is still making finds no version any more.
        jobs::lock_for_target(session, repository)?;
    }
    let publishing = if source.branch.is_empty() { Publishing::Tags } else { Publishing::Branch };
    let stays = module.publishing == Publishing::Branch && publishing == Publishing::Branch;
    drop_unpublished(session, module, stays)?;
    diesel::update(modules::table.find(module.id.as_str()))
        .set((
            modules::repository_id.eq(source.repository.as_str()),
            modules::display_identifier.eq(source.display_identifier),
            modules::source_directory.eq(source.source_directory),
            modules::tag_prefix.eq(source.tag_prefix),
            modules::branch.eq(source.branch),
            modules::synced_at.eq(None::<i64>),
        ))
        .execute(&mut session.db)
        .during("setting the source of a module")?;
    if module.publishing != publishing {
        set_publishing(session, module, publishing)?;
    }
    if let Some(former) = former {
        repositories::delete_if_unused(session, former)?;
    }
    touch(session, module)?;
    settle_status(session, module, ModuleStatus::Pending)
}

/// What belongs to the former way of publishing goes with it. Without a version a module of a branch begins as a new one.
fn set_publishing(session: &mut Connection, module: &Module, publishing: Publishing) -> Result<(), Error> {
    let is_empty = versions::list(session, module.id.as_str())?.is_empty();
    let first = (publishing == Publishing::Branch && is_empty).then_some(FIRST);
    diesel::update(modules::table.find(module.id.as_str()))
        .set((
            modules::publishing.eq(publishing.as_str()),
            modules::initial_version.eq(first),
            modules::initial_due.eq(first.is_some()),
            modules::test_config.eq(None::<String>),
            modules::vanished_tags.eq(VanishedTags::Keep.as_str()),
        ))
        .execute(&mut session.db)
        .during("setting how a module is published")?;
    // Where tags are now is of no matter to a branch, and is seen anew.
    diesel::update(module_versions::table.filter(module_versions::module_id.eq(module.id.as_str())))
        .set((module_versions::moved_to.eq(None::<String>), module_versions::vanished_at.eq(None::<i64>)))
        .execute(&mut session.db)
        .map(drop)
        .during("forgetting what was seen of tags")
}

/// Locks the module. With `keeps_asked` the commits that were asked for are queued anew instead.
fn drop_unpublished(session: &mut Connection, module: &Module, keeps_asked: bool) -> Result<(), Error> {
    let unpublished = |session: &mut Connection, module: &Module| -> Result<_, Error> {
        let mut versions = versions::list(session, module.id.as_str())?;
        versions.retain(|version| version.status != VersionStatus::Ok);
        let is_asked = |version: &ModuleVersion| keeps_asked && !module.is_initial(&version.version);
        Ok(versions.into_iter().partition::<Vec<_>, _>(is_asked))
    };
    let ids = |versions: &[ModuleVersion]| versions.iter().map(|it| it.id.to_string()).collect::<Vec<_>>();
    let (asked, rest) = unpublished(session, module)?;
    let (asked, rest) = (ids(&asked), ids(&rest));
    let all = [asked.clone(), rest].concat();
    // Whoever is just publishing one of them is waited for, and what it published stays. Twice: the last act of a worker
    // may be to queue the next job.
    jobs::delete_for_target(session, &all)?;
    jobs::delete_for_target(session, &all)?;
    jobs::enqueue_each(session, &NewJob::new(JobKind::IngestVersion, "", &module.scope_id), &asked)?;
    lock(session, &module.id)?;
    let present = load(session, module.id.as_str())?;
    let source = |module: &Module| {
        (module.publishing, module.repository_id.clone(), module.branch.clone(), module.source_directory.clone())
    };
    if source(&present) != source(module) {
        return Err(Error::unavailable("changing a module", "somebody else changed it at the same time"));
    }
    let (asked, rest) = unpublished(session, &present)?;
    versions::set_pending(session, &ids(&asked))?;
    versions::forget(session, module, &rest)?;
    if rest.iter().any(|version| present.is_initial(&version.version)) {
        set_initial(session, module, (present.initial_version.as_deref(), true))?;
    }
    Ok(())
}

/// The branches that modules of this repository are made from.
pub fn list_branches(session: &mut Connection, repository: &str) -> Result<Vec<String>, Error> {
    modules::table
        .filter(modules::repository_id.eq(repository))
        .filter(modules::branch.ne(""))
        .select(modules::branch)
        .distinct()
        .order(modules::branch)
        .load(&mut session.db)
        .during("listing the branches of a repository")
}

/// The first version was made from the head of the branch, or is there anyway.
pub fn set_initial_made(session: &mut Connection, module: &Module) -> Result<(), Error> {
    diesel::update(modules::table.find(module.id.as_str()))
        .set(modules::initial_due.eq(false))
        .execute(&mut session.db)
        .map(drop)
        .during("noting the first version of a branch")
}

/// Its number is made from another commit, by the word of somebody.
pub fn claim_initial_version(session: &mut Connection, module: &Module) -> Result<(), Error> {
    set_initial(session, module, (None, false))
}

fn set_initial(session: &mut Connection, module: &Module, (number, due): (Option<&str>, bool)) -> Result<(), Error> {
    diesel::update(modules::table.find(module.id.as_str()))
        .set((modules::initial_version.eq(number), modules::initial_due.eq(due)))
        .execute(&mut session.db)
        .map(drop)
        .during("noting the first version of a branch")
}
