//! What a look at the tags means for one module: pure, so that every case is a table row in a test.

use std::collections::BTreeMap;

use domain::{TagRule, Version, VersionStatus};
use git_source::Tag;
use store::versions::ModuleVersion;

/// What to do about one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Make the row and the archive.
    Create { version: Version, origin: Origin },
    /// The row is there, the archive is not, or is to be made again.
    Archive { id: String, origin: Origin },
    /// The row is there or must be made, and can only fail: its two tags are on different commits.
    Collide { id: Option<String>, version: Version, message: String },
    /// It was never published, and its tag is gone: so is the version.
    Forget { id: String },
    /// It is published, and something is new about its tag.
    Note { id: String, change: TagChange },
}

/// What a version is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Nothing for a commit of a branch.
    pub(crate) tag: Option<String>,
    pub(crate) commit: String,
}

impl From<&Tag> for Origin {
    fn from(tag: &Tag) -> Self {
        Self { tag: Some(tag.name.clone()), commit: tag.commit.clone() }
    }
}

/// What is new about the tag of a published version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TagChange {
    /// It is now on this commit, or back on the published one (`None`).
    Moved(Option<String>),
    /// It is gone; or, if it was before, the time that it may be gone begins anew.
    Vanished,
    /// It is there again.
    Returned,
    /// It has been gone for so long that its module wants the version gone, too.
    GoneForGood,
}

/// So long a tag may be gone, in milliseconds, before its version is deleted, if its module wants that. Whoever moves a
/// tag by hand deletes it and pushes it anew, and repositories that are mirrored or moved are incomplete for a while: that
/// must not cost a version.
const GRACE_MILLIS: i64 = 10 * 60 * 1000;

/// What the look shall do besides publishing new tags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Also try again what failed.
    pub(crate) retry: bool,
    /// Also bring back what was deleted.
    pub(crate) explicit: bool,
    /// Also delete published versions whose tag is gone for good.
    pub(crate) remove: bool,
}

/// The tags of a repository, and when they were looked at, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) tags: &'a [Tag],
    pub(crate) now: i64,
}

/// Compares the tags under `rule` with the versions that are there. `deleted` are the tombstones of the module.
pub(crate) fn plan(
    rule: &TagRule,
    seen: Seen<'_>,
    present: &[ModuleVersion],
    deleted: impl Fn(&Version) -> bool,
    wish: Wish,
) -> Vec<Step> {
    let mut by_version: BTreeMap<Version, Vec<&Tag>> = BTreeMap::new();
    for tag in seen.tags {
        if let Some(version) = rule.version_of(&tag.name) {
            by_version.entry(version).or_default().push(tag);
        }
    }
    let rows: BTreeMap<&Version, &ModuleVersion> = present.iter().map(|row| (&row.version, row)).collect();
    let is_gone = |row: &&ModuleVersion| !by_version.contains_key(&row.version);
    let is_empty = by_version.is_empty();
    let gone: Vec<Step> =
        present.iter().filter(is_gone).filter_map(|row| step_for_gone(row, is_empty, seen.now, wish)).collect();
    // Newest first: what people wait for comes first.
    by_version
        .into_iter()
        .rev()
        .flat_map(|(version, tags)| match rows.get(&version) {
            Some(row) if is_published(row) => steps_for_published(row, &tags),
            Some(row) => step_for_row(row, version, &tags, wish).into_iter().collect(),
            None if deleted(&version) && !wish.explicit => Vec::new(),
            None => vec![step_for_new(version, &tags)],
        })
        .chain(gone)
        .collect()
}

/// The same for a module that is made from a branch, of which only the first version comes from its `head`: every other one
/// has a job of its own, since somebody asked for its commit.
pub(crate) fn plan_branch(first: &First, head: Option<&str>, present: &[ModuleVersion], wish: Wish) -> Option<Step> {
    let origin = Origin { tag: None, commit: head?.to_owned() };
    let Some(row) = present.iter().find(|row| row.version == first.version) else {
        return first.is_due.then(|| Step::Create { version: first.version.clone(), origin });
    };
    let is_same = row.commit_sha.as_ref() == Some(&origin.commit);
    if is_published(row) || (row.status == VersionStatus::Errored && is_same && !wish.retry) {
        return None;
    }
    Some(Step::Archive { id: row.id.to_string(), origin })
}

/// The version that is made from the head of a branch.
pub(crate) struct First {
    pub(crate) version: Version,
    /// It was not made yet.
    pub(crate) is_due: bool,
}

/// Those of `tags` that stand for one version.
pub(crate) fn tags_of<'a>(rule: &TagRule, tags: &'a [Tag], version: &Version) -> Vec<&'a Tag> {
    tags.iter().filter(|tag| rule.version_of(&tag.name).as_ref() == Some(version)).collect()
}

/// What a version is made from, of the tags that stand for it; or why it cannot be.
pub(crate) fn source_of<'a>(tags: &[&'a Tag]) -> Result<&'a Tag, String> {
    match collision(tags) {
        Some(message) => Err(message),
        None => tags.first().copied().ok_or_else(|| "no tag of the repository stands for it any more".to_owned()),
    }
}

fn step_for_new(version: Version, tags: &[&Tag]) -> Step {
    match source_of(tags) {
        Ok(tag) => Step::Create { version, origin: tag.into() },
        Err(message) => Step::Collide { id: None, version, message },
    }
}

/// Nothing but its documentation may still be missing.
fn is_published(row: &ModuleVersion) -> bool {
    matches!(row.status, VersionStatus::Ingested | VersionStatus::Ok)
}

fn steps_for_published(row: &ModuleVersion, tags: &[&Tag]) -> Vec<Step> {
    let elsewhere = tags.iter().find(|tag| Some(&tag.commit) != row.commit_sha.as_ref());
    let to = elsewhere.map(|tag| tag.commit.clone());
    let returned = row.vanished_at.is_some().then_some(TagChange::Returned);
    let moved = (to != row.moved_to).then_some(TagChange::Moved(to));
    returned.into_iter().chain(moved).map(|change| Step::Note { id: row.id.to_string(), change }).collect()
}

/// `is_empty`: no tag of the repository stands for any version of the module. It may be empty, or broken, or be filled just
/// now, so nothing is deleted then, and every such look begins the time anew that a tag may be gone.
fn step_for_gone(row: &ModuleVersion, is_empty: bool, now: i64, wish: Wish) -> Option<Step> {
    let id = row.id.to_string();
    if !is_published(row) {
        return Some(Step::Forget { id });
    }
    // Made from a branch before, it never had one.
    row.tag.as_ref()?;
    let change = match row.vanished_at {
        None => TagChange::Vanished,
        Some(_) if !wish.remove => return None,
        Some(_) if is_empty => TagChange::Vanished,
        Some(since) if since + GRACE_MILLIS <= now => TagChange::GoneForGood,
        Some(_) => return None,
    };
    Some(Step::Note { id, change })
}

fn step_for_row(row: &ModuleVersion, version: Version, tags: &[&Tag], wish: Wish) -> Option<Step> {
    let id = row.id.to_string();
    let tag = match source_of(tags) {
        Ok(tag) => tag,
        Err(message) => {
            let is_known = row.status == VersionStatus::Errored && row.error_message.as_ref() == Some(&message);
            return (!is_known).then_some(Step::Collide { id: Some(id), version, message });
        }
    };
    let is_same = row.commit_sha.as_ref() == Some(&tag.commit);
    if row.status == VersionStatus::Errored && is_same && !wish.retry {
        return None;
    }
    Some(Step::Archive { id, origin: tag.into() })
}

/// Two spellings of one version on different commits: nobody can say which is meant.
fn collision(tags: &[&Tag]) -> Option<String> {
    let first = tags.first()?;
    let other = tags.iter().find(|tag| tag.commit != first.commit)?;
    Some(format!(
        "the tags {} (commit {}) and {} (commit {}) are the same version on different commits; delete one of them",
        first.name, first.commit, other.name, other.commit
    ))
}

#[cfg(test)]
mod tests;
