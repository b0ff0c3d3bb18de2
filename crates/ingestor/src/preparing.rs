//! What a look at a repository means for one module: its rows, and the archives to make.

use std::collections::BTreeMap;

use domain::{Error, Id, JobKind, Publishing, Stage, TagRule, VanishedTags, VersionStatus, kinds};
use git_source::Refs;
use store::{
    Connection,
    jobs::{self, NewJob},
    modules::{self, Module},
    tombstones,
    versions::{self, ModuleVersion, NewVersion},
};

use crate::{
    archiving::Deleted,
    git_messages::ArchiveItem,
    plan::{First, Origin, Seen, Step, TagChange, Wish, plan, plan_branch},
    tag_changes,
};

/// What was seen at the host.
pub(crate) struct Look<'a> {
    /// The kind of host, which versions name as their source.
    pub(crate) source: &'a str,
    pub(crate) refs: &'a Refs,
}

/// Makes the missing rows of one module, and lists the archives to make.
pub(crate) fn prepare(
    session: &mut Connection,
    module: &Module,
    look: &Look<'_>,
    work: &mut (Vec<ArchiveItem>, Deleted),
) -> Result<(), Error> {
    let wish = wish_of(module);
    let present = versions::list(session, module.id.as_str())?;
    // Before anything of the module is locked: a parser has its job first, and then the module.
    if module.wish & jobs::args::FORCE != 0 {
        read_again(session, module, &present)?;
    }
    if wish.retry {
        ask_again(session, module, &present)?;
    }
    let tombstones = tombstones::list(session, module)?;
    let is_deleted = |version: &domain::Version| tombstones.contains_key(&version.to_string());
    let head = look.refs.branches.get(&module.branch).map(String::as_str);
    let steps = match module.publishing {
        Publishing::Branch => match &module.initial_version {
            Some(number) => {
                let first = First { version: number.parse()?, is_due: module.initial_due };
                plan_branch(&first, head, &present, wish).into_iter().collect()
            }
            None => Vec::new(),
        },
        Publishing::Tags | Publishing::Upload => {
            let seen = Seen { tags: &look.refs.tags, now: store::now(session)? };
            plan(&TagRule::new(&module.tag_prefix), seen, &present, is_deleted, wish)
        }
    };
    // That tags are still gone is no news to anybody.
    let is_news = |step: &Step| match step {
        Step::Note { id, change: TagChange::Vanished } => {
            present.iter().any(|row| row.id.as_str() == id && row.vanished_at.is_none())
        }
        _ => true,
    };
    let changes = steps.iter().any(is_news);
    // The jobs of what goes are deleted before the module is locked, and that before its versions.
    drop_gone(session, module, (&present, &steps))?;
    if !steps.is_empty() {
        modules::lock(session, &module.id)?;
    }
    if module.initial_due && head.is_some() {
        modules::set_initial_made(session, module)?;
    }
    apply(session, (module, look), (&present, steps), &tombstones, work)?;
    modules::clear_wish(session, module)?;
    if changes { modules::touch(session, module) } else { Ok(()) }
}

/// The module is locked.
fn apply(
    session: &mut Connection,
    (module, look): (&Module, &Look<'_>),
    (present, steps): (&[ModuleVersion], Vec<Step>),
    tombstones: &BTreeMap<String, Option<String>>,
    (items, deleted): &mut (Vec<ArchiveItem>, Deleted),
) -> Result<(), Error> {
    let numbers: BTreeMap<String, String> =
        present.iter().map(|row: &ModuleVersion| (row.id.to_string(), row.version.to_string())).collect();
    let mut cloning = Vec::new();
    for step in steps {
        let (id, number, commit) = match step {
            Step::Create { version, origin } => {
                // Somebody may have asked for it since the versions were listed: those from tags nobody asks for.
                if module.publishing == Publishing::Branch
                    && versions::find(session, module.id.as_str(), &version)?.is_some()
                {
                    continue;
                }
                let id = insert(session, module, (&version, look.source), Some(&origin))?;
                (id, version.to_string(), origin.commit)
            }
            Step::Archive { id, origin } => {
                versions::set_origin(session, &id, origin.tag.as_deref(), &origin.commit)?;
                cloning.push(id.clone());
                let number = numbers.get(&id).cloned().unwrap_or_default();
                (id, number, origin.commit)
            }
            Step::Collide { id, version, message } => {
                let id = id.map_or_else(|| insert(session, module, (&version, look.source), None), Ok)?;
                versions::set_errored(session, &id, Stage::Clone, &message)?;
                continue;
            }
            Step::Forget { .. } | Step::Note { change: TagChange::GoneForGood, .. } => continue,
            Step::Note { id, change } => {
                let Some(version) = present.iter().find(|row| row.id.as_str() == id) else { continue };
                tag_changes::note(session, module, version, &change)?;
                continue;
            }
        };
        if let Some(Some(digest)) = tombstones.get(&number) {
            deleted.insert(id.clone(), digest.clone());
        }
        let directory = module.source_directory.clone();
        items.push(ArchiveItem { version: id, commit, directory, submodules: module.submodules });
    }
    versions::set_cloning(session, &cloning)
}

/// Versions that never were, because their tag went first, and those that go with their tag.
fn drop_gone(
    session: &mut Connection,
    module: &Module,
    (present, steps): (&[ModuleVersion], &[Step]),
) -> Result<(), Error> {
    let find = |id: &String| present.iter().find(|row| row.id.as_str() == id).cloned();
    let (mut gone, mut removed) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Forget { id } => gone.extend(find(id)),
            Step::Note { id, change: TagChange::GoneForGood } => removed.extend(find(id)),
            _ => {}
        }
    }
    if !gone.is_empty() {
        versions::forget(session, module, &gone)?;
    }
    if removed.is_empty() {
        return Ok(());
    }
    versions::delete(session, module, &removed)?;
    removed.iter().try_for_each(|version| tag_changes::note(session, module, version, &TagChange::GoneForGood))
}

/// The documentation of what is published, from the bytes that are stored.
fn read_again(session: &mut Connection, module: &Module, present: &[ModuleVersion]) -> Result<(), Error> {
    let published = ids_of(present, |version| version.status == VersionStatus::Ok);
    let job = NewJob::new(JobKind::ParseVersion, "", &module.scope_id).with_args(jobs::args::FORCE);
    jobs::enqueue_each(session, &job, &published)
}

/// Commits of a branch that were asked for and failed: each by its own job, like the first time.
fn ask_again(session: &mut Connection, module: &Module, present: &[ModuleVersion]) -> Result<(), Error> {
    if module.publishing != Publishing::Branch {
        return Ok(());
    }
    let is_asked = |row: &ModuleVersion| row.status == VersionStatus::Errored && !module.is_initial(&row.version);
    let failed = ids_of(present, is_asked);
    // All jobs before any version, as workers lock them.
    jobs::enqueue_each(session, &NewJob::new(JobKind::IngestVersion, "", &module.scope_id), &failed)?;
    versions::set_queued(session, &failed)
}

fn ids_of(versions: &[ModuleVersion], wanted: impl Fn(&ModuleVersion) -> bool) -> Vec<String> {
    versions.iter().filter(|version| wanted(version)).map(|version| version.id.to_string()).collect()
}

fn insert(
    session: &mut Connection,
    module: &Module,
    (version, source): (&domain::Version, &str),
    origin: Option<&Origin>,
) -> Result<String, Error> {
    let id = Id::<kinds::ModuleVersion>::random();
    let new = NewVersion {
        id: &id,
        module: &module.id,
        version,
        source,
        tag: origin.and_then(|origin| origin.tag.as_deref()),
        branch: Some(module.branch.as_str()).filter(|branch| !branch.is_empty()),
        commit: origin.map(|origin| origin.commit.as_str()),
        status: VersionStatus::Cloning,
    };
    versions::insert(session, &new)?;
    Ok(id.to_string())
}

/// What was asked for this module alone, and what its owners want in general.
fn wish_of(module: &Module) -> Wish {
    Wish {
        retry: module.wish & (jobs::args::FORCE | jobs::args::RETRY) != 0,
        explicit: module.wish & jobs::args::EXPLICIT != 0,
        remove: module.vanished_tags == VanishedTags::Remove,
    }
}
