//! What a look at the tags means for one module: pure, so that every case is a table row in a test.

use std::collections::BTreeMap;

use domain::{TagRule, Version, VersionStatus};
use git_source::Tag;
use store::versions::ModuleVersion;

/// What to do about one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Make the row and the archive.
    Create { version: Version, tag: String, commit: String },
    /// The row is there, the archive is not, or is to be made again.
    Archive { id: String, tag: String, commit: String },
    /// The row is there or must be made, and can only fail: its two tags are on different commits.
    Collide { id: Option<String>, version: Version, message: String },
    /// It was never published, and its tag is gone: so is the version.
    Forget { id: String },
    /// It is published; its tag is now on this commit, or back on the published one (`None`).
    Moved { id: String, to: Option<String> },
}

/// What the look shall do besides publishing new tags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Also try again what failed.
    pub(crate) force: bool,
    /// Also bring back what was deleted.
    pub(crate) explicit: bool,
}

/// Compares the tags under `rule` with the versions that are there. `deleted` are the tombstones of the module.
pub(crate) fn plan(
    rule: &TagRule,
    tags: &[Tag],
    present: &[ModuleVersion],
    deleted: impl Fn(&Version) -> bool,
    wish: Wish,
) -> Vec<Step> {
    let mut by_version: BTreeMap<Version, Vec<&Tag>> = BTreeMap::new();
    for tag in tags {
        if let Some(version) = rule.version_of(&tag.name) {
            by_version.entry(version).or_default().push(tag);
        }
    }
    let rows: BTreeMap<&Version, &ModuleVersion> = present.iter().map(|row| (&row.version, row)).collect();
    let is_gone = |row: &&ModuleVersion| row.archive_sha256.is_none() && !by_version.contains_key(&row.version);
    let gone: Vec<Step> = present.iter().filter(is_gone).map(|row| Step::Forget { id: row.id.to_string() }).collect();
    // Newest first: what people wait for comes first.
    by_version
        .into_iter()
        .rev()
        .filter_map(|(version, tags)| match rows.get(&version) {
            Some(row) => step_for_row(row, version, &tags, wish),
            None if deleted(&version) && !wish.explicit => None,
            None => step_for_new(version, &tags),
        })
        .chain(gone)
        .collect()
}

fn step_for_new(version: Version, tags: &[&Tag]) -> Option<Step> {
    if let Some(message) = collision(tags) {
        return Some(Step::Collide { id: None, version, message });
    }
    let tag = tags.first()?;
    Some(Step::Create { version, tag: tag.name.clone(), commit: tag.commit.clone() })
}

fn step_for_row(row: &ModuleVersion, version: Version, tags: &[&Tag], wish: Wish) -> Option<Step> {
    let id = row.id.to_string();
    if row.archive_sha256.is_some() && row.status != VersionStatus::Errored {
        let elsewhere = tags.iter().find(|tag| Some(&tag.commit) != row.commit_sha.as_ref());
        let to = elsewhere.map(|tag| tag.commit.clone());
        return (to != row.moved_to).then_some(Step::Moved { id, to });
    }
    if let Some(message) = collision(tags) {
        let is_known = row.status == VersionStatus::Errored && row.error_message.as_ref() == Some(&message);
        return (!is_known).then_some(Step::Collide { id: Some(id), version, message });
    }
    let tag = tags.first()?;
    let is_same = row.commit_sha.as_ref() == Some(&tag.commit);
    if row.status == VersionStatus::Errored && is_same && !wish.force {
        return None;
    }
    Some(Step::Archive { id, tag: tag.name.clone(), commit: tag.commit.clone() })
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
mod tests {
    use domain::Id;

    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn tag(name: &str, commit: &str) -> Tag {
        Tag { name: name.to_owned(), commit: commit.to_owned() }
    }

    fn row(version: &str, status: VersionStatus, commit: &str) -> ModuleVersion {
        let has_archive = matches!(status, VersionStatus::Ok | VersionStatus::Ingested);
        ModuleVersion {
            id: Id::random(),
            module_id: "mod-1".to_owned(),
            version: version.parse().unwrap(),
            source: "git".to_owned(),
            tag: Some(format!("v{version}")),
            commit_sha: Some(commit.to_owned()),
            moved_to: None,
            status,
            stage: None,
            error_message: None,
            archive_sha256: has_archive.then(|| "00".repeat(32)),
            tar_sha256: None,
            archive_size: 0,
            archive_directory: String::new(),
            notes: "[]".to_owned(),
            upload_key: None,
            upload_sha256: None,
            published_at: None,
            sealed_at: None,
            ok_at: None,
            created_at: 0,
            updated_at: 0,
            standing: store::versions::Standing::default(),
        }
    }

    fn steps(tags: &[Tag], rows: &[ModuleVersion], wish: Wish) -> Vec<Step> {
        plan(&TagRule::default(), tags, rows, |version| version.to_string() == "9.9.9", wish)
    }

    #[test]
    fn new_tags_become_versions_newest_first_and_others_are_ignored() {
        let found = steps(&[tag("latest", A), tag("v1.9.0", A), tag("v1.10.0", B)], &[], Wish::default());
        let expected = |version: &str, commit: &str| Step::Create {
            version: version.parse().unwrap(),
            tag: format!("v{version}"),
            commit: commit.to_owned(),
        };
        assert_eq!(found, [expected("1.10.0", B), expected("1.9.0", A)]);
    }

    #[test]
    fn two_spellings_on_one_commit_are_one_version() {
        assert_eq!(steps(&[tag("1.0.0", A), tag("v1.0.0", A)], &[], Wish::default()).len(), 1);
    }

    #[test]
    fn two_spellings_on_two_commits_name_both() {
        let found = steps(&[tag("1.0.0", A), tag("v1.0.0", B)], &[], Wish::default());
        let [Step::Collide { id: None, message, .. }] = found.as_slice() else { panic!("{found:?}") };
        assert!(message.contains(A) && message.contains(B) && message.contains("v1.0.0"), "{message}");
    }

    #[test]
    fn a_published_version_keeps_its_bytes_when_its_tag_moves() {
        let published = row("1.0.0", VersionStatus::Ok, A);
        let found = steps(&[tag("v1.0.0", B)], std::slice::from_ref(&published), Wish { force: true, explicit: true });
        assert_eq!(found, [Step::Moved { id: published.id.to_string(), to: Some(B.to_owned()) }]);
        assert_eq!(steps(&[tag("v1.0.0", A)], &[published], Wish::default()), []);
    }

    #[test]
    fn what_failed_is_tried_again_when_asked_or_when_its_tag_moved() {
        let failed = row("1.0.0", VersionStatus::Errored, A);
        let again = |commit: &str| Step::Archive {
            id: failed.id.to_string(),
            tag: "v1.0.0".to_owned(),
            commit: commit.to_owned(),
        };
        let rows = std::slice::from_ref(&failed);
        assert_eq!(steps(&[tag("v1.0.0", A)], rows, Wish::default()), []);
        assert_eq!(steps(&[tag("v1.0.0", A)], rows, Wish { force: true, explicit: false }), [again(A)]);
        assert_eq!(steps(&[tag("v1.0.0", B)], rows, Wish::default()), [again(B)]);
    }

    #[test]
    fn what_was_deleted_comes_back_only_when_asked() {
        assert_eq!(steps(&[tag("v9.9.9", A)], &[], Wish::default()), []);
        assert_eq!(steps(&[tag("v9.9.9", A)], &[], Wish { force: false, explicit: true }).len(), 1);
    }

    #[test]
    fn a_version_whose_tag_is_gone_stays_only_if_it_was_published() {
        let (published, failed) = (row("1.0.0", VersionStatus::Ok, A), row("2.0.0", VersionStatus::Errored, A));
        let found = steps(&[], &[published, failed.clone()], Wish::default());
        assert_eq!(found, [Step::Forget { id: failed.id.to_string() }]);
    }

    #[test]
    fn an_interrupted_version_is_taken_up_again() {
        let interrupted = row("1.0.0", VersionStatus::Cloning, A);
        assert_eq!(steps(&[tag("v1.0.0", A)], &[interrupted], Wish::default()).len(), 1);
    }
}
