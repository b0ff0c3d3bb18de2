//! Every case of a look at the tags.

use domain::Id;

use super::*;

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

const NOW: i64 = 1_000_000_000;
const RETRIES: Wish = Wish { retry: true, explicit: false, remove: false };
const REMOVES: Wish = Wish { retry: false, explicit: false, remove: true };

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
        branch: None,
        commit_sha: Some(commit.to_owned()),
        moved_to: None,
        accepted: None,
        vanished_at: None,
        status,
        stage: None,
        error_message: None,
        archive_sha256: has_archive.then(|| "00".repeat(32)),
        tar_sha256: None,
        archive_size: 0,
        archive_directory: String::new(),
        submodules: false,
        notes: "[]".to_owned(),
        upload_key: None,
        upload_sha256: None,
        published_at: None,
        sealed_at: None,
        ok_at: None,
        created_at: 0,
        updated_at: 0,
        standing: store::versions::Standing::default(),
        timeline: store::versions::Timeline::default(),
    }
}

fn note(version: &ModuleVersion, change: TagChange) -> Step {
    Step::Note { id: version.id.to_string(), change }
}

fn steps(tags: &[Tag], rows: &[ModuleVersion], wish: Wish) -> Vec<Step> {
    plan(&TagRule::default(), Seen { tags, now: NOW }, rows, |version| version.to_string() == "9.9.9", wish)
}

#[test]
fn new_tags_become_versions_newest_first_and_others_are_ignored() {
    let found = steps(&[tag("latest", A), tag("v1.9.0", A), tag("v1.10.0", B)], &[], Wish::default());
    let expected = |version: &str, commit: &str| Step::Create {
        version: version.parse().unwrap(),
        origin: Origin { tag: Some(format!("v{version}")), commit: commit.to_owned() },
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
    let wish = Wish { explicit: true, ..RETRIES };
    let found = steps(&[tag("v1.0.0", B)], std::slice::from_ref(&published), wish);
    assert_eq!(found, [note(&published, TagChange::Moved(Some(B.to_owned())))]);
    assert_eq!(steps(&[tag("v1.0.0", A)], &[published], Wish::default()), []);
}

#[test]
fn a_tag_that_moves_back_or_returns_is_noted_once() {
    let mut version = row("1.0.0", VersionStatus::Ok, A);
    version.moved_to = Some(B.to_owned());
    let back = note(&version, TagChange::Moved(None));
    assert_eq!(steps(&[tag("v1.0.0", B)], std::slice::from_ref(&version), Wish::default()), []);
    assert_eq!(steps(&[tag("v1.0.0", A)], std::slice::from_ref(&version), Wish::default()), [back]);
    (version.moved_to, version.vanished_at) = (None, Some(1));
    let (returned, moved) = (TagChange::Returned, TagChange::Moved(Some(B.to_owned())));
    let expected = [note(&version, returned), note(&version, moved)];
    assert_eq!(steps(&[tag("v1.0.0", B)], &[version], REMOVES), expected);
}

#[test]
fn what_failed_is_tried_again_when_asked_or_when_its_tag_moved() {
    let failed = row("1.0.0", VersionStatus::Errored, A);
    let again =
        |commit: &str| Step::Archive { id: failed.id.to_string(), origin: Origin::from(&tag("v1.0.0", commit)) };
    let rows = std::slice::from_ref(&failed);
    assert_eq!(steps(&[tag("v1.0.0", A)], rows, Wish::default()), []);
    assert_eq!(steps(&[tag("v1.0.0", A)], rows, RETRIES), [again(A)]);
    assert_eq!(steps(&[tag("v1.0.0", B)], rows, Wish::default()), [again(B)]);
}

#[test]
fn what_was_deleted_comes_back_only_when_asked() {
    assert_eq!(steps(&[tag("v9.9.9", A)], &[], Wish::default()), []);
    assert_eq!(steps(&[tag("v9.9.9", A)], &[], Wish { explicit: true, ..Wish::default() }).len(), 1);
}

#[test]
fn a_version_whose_tag_is_gone_stays_only_if_it_was_published() {
    let (published, failed) = (row("1.0.0", VersionStatus::Ok, A), row("2.0.0", VersionStatus::Errored, A));
    let rows = [published.clone(), failed.clone()];
    let expected = [note(&published, TagChange::Vanished), Step::Forget { id: failed.id.to_string() }];
    assert_eq!(steps(&[tag("v9.9.9", A)], &rows, Wish::default()), expected);
    assert_eq!(steps(&[], &rows, Wish::default()), expected);
}

#[test]
fn a_version_goes_after_its_tag_only_where_that_is_wanted_and_only_after_a_while() {
    let other = [tag("v9.9.9", A)];
    for (gone_for, tags, wish, expected) in [
        (None, &other[..], REMOVES, Some(TagChange::Vanished)),
        (Some(GRACE_MILLIS - 1), &other, REMOVES, None),
        (Some(GRACE_MILLIS), &other, REMOVES, Some(TagChange::GoneForGood)),
        (Some(GRACE_MILLIS), &other, Wish { explicit: true, retry: true, ..REMOVES }, Some(TagChange::GoneForGood)),
        (Some(10 * GRACE_MILLIS), &other, Wish::default(), None),
        // Nothing is left: the repository is empty or broken, or no tag has the prefix any more.
        (None, &[], REMOVES, Some(TagChange::Vanished)),
        (Some(10 * GRACE_MILLIS), &[], REMOVES, Some(TagChange::Vanished)),
        (Some(10 * GRACE_MILLIS), &[tag("latest", A)], REMOVES, Some(TagChange::Vanished)),
        (Some(10 * GRACE_MILLIS), &[], Wish::default(), None),
    ] {
        let mut version = row("1.0.0", VersionStatus::Ok, A);
        version.vanished_at = gone_for.map(|millis| NOW - millis);
        let found: Vec<Step> = steps(tags, std::slice::from_ref(&version), wish);
        let found: Vec<Step> = found.into_iter().filter(|step| matches!(step, Step::Note { .. })).collect();
        let expected: Vec<Step> = expected.into_iter().map(|change| note(&version, change)).collect();
        assert_eq!(found, expected, "gone for {gone_for:?}, {tags:?}, {wish:?}");
    }
}

#[test]
fn an_interrupted_version_is_taken_up_again() {
    let interrupted = row("1.0.0", VersionStatus::Cloning, A);
    assert_eq!(steps(&[tag("v1.0.0", A)], &[interrupted], Wish::default()).len(), 1);
}

fn from_branch(version: &str, status: VersionStatus) -> ModuleVersion {
    ModuleVersion { tag: None, branch: Some("main".to_owned()), ..row(version, status, A) }
}

fn first_step(is_due: bool, head: Option<&str>, rows: &[ModuleVersion], wish: Wish) -> Option<Step> {
    plan_branch(&First { version: "0.0.0".parse().unwrap(), is_due }, head, rows, wish)
}

#[test]
fn the_first_version_of_a_branch_is_made_from_its_head_and_once() {
    let from_head = Origin { tag: None, commit: B.to_owned() };
    let made = Step::Create { version: "0.0.0".parse().unwrap(), origin: from_head.clone() };
    assert_eq!(first_step(true, Some(B), &[], Wish::default()), Some(made));
    assert_eq!(first_step(true, None, &[], Wish::default()), None);
    assert_eq!(first_step(false, Some(B), &[], RETRIES), None, "it was made, and deleted");
    let published = from_branch("0.0.0", VersionStatus::Ok);
    assert_eq!(first_step(true, Some(B), &[published], RETRIES), None);
    let failed = from_branch("0.0.0", VersionStatus::Errored);
    let again = Step::Archive { id: failed.id.to_string(), origin: from_head };
    assert_eq!(first_step(false, Some(B), std::slice::from_ref(&failed), Wish::default()), Some(again));
    assert_eq!(
        first_step(false, Some(A), std::slice::from_ref(&failed), Wish::default()),
        None,
        "the head is the same"
    );
    assert!(first_step(false, Some(A), &[failed], RETRIES).is_some());
}

#[test]
fn versions_of_commits_that_were_asked_for_are_left_to_their_jobs() {
    let rows = [from_branch("1.0.0", VersionStatus::Pending), from_branch("1.1.0", VersionStatus::Errored)];
    assert_eq!(first_step(false, Some(B), &rows, RETRIES), None);
}

#[test]
fn what_was_made_from_a_branch_does_not_miss_a_tag() {
    let published = from_branch("1.0.0", VersionStatus::Ok);
    assert_eq!(steps(&[tag("v2.0.0", A)], &[published], REMOVES).len(), 1);
}
