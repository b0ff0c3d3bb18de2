//! What a fetch brings, moves and takes away.

use git_source::{Head, Tag};

use crate::{Setup, open, read};

fn tag(name: &str, commit: &str) -> Tag {
    Tag { name: name.to_owned(), commit: commit.to_owned() }
}

#[test]
fn brings_tags_head_and_files() {
    let setup = Setup::new();
    let first = setup.repository.commit(&[("main.tf", "one"), ("modules/a/main.tf", "a")]).unwrap();
    setup.repository.tag("v1.0.0").unwrap();
    let second = setup.repository.commit(&[("main.tf", "two")]).unwrap();
    setup.repository.tag("v2.0.0").unwrap();

    let refs = setup.mirror.fetch(&setup.remote(), &[]).unwrap();

    assert_eq!(refs.head, Some(Head { branch: Some("main".to_owned()), commit: second.clone() }));
    assert_eq!(refs.tags, [tag("v1.0.0", &first), tag("v2.0.0", &second)]);
    assert_eq!(read(&setup.mirror, &first, "main.tf"), "one");
    assert_eq!(read(&setup.mirror, &second, "main.tf"), "two");
    assert_eq!(read(&setup.mirror, &second, "modules/a/main.tf"), "a");
    assert_eq!(setup.mirror.commit_time(&first).unwrap(), 1_700_000_060);
}

#[test]
fn brings_only_what_is_new() {
    let setup = Setup::new();
    setup.repository.commit(&[("main.tf", "one")]).unwrap();
    setup.repository.tag("v1.0.0").unwrap();
    setup.mirror.fetch(&setup.remote(), &[]).unwrap();

    setup.mirror.fetch(&setup.remote(), &[]).unwrap();
    assert_eq!(setup.packs_asked_for(), 1, "nothing new, nothing asked for");

    let second = setup.repository.commit(&[("other.tf", "two")]).unwrap();
    setup.repository.tag("v2.0.0").unwrap();
    setup.mirror.fetch(&setup.remote(), &[]).unwrap();

    assert_eq!(setup.packs_asked_for(), 2);
    assert_eq!(setup.mirror.pack_count().unwrap(), 2);
    assert_eq!(read(&setup.mirror, &second, "main.tf"), "one");
    let packs = setup.directory.path().join("mirror/objects/pack");
    let counted = setup.repository.git(&["count-objects", "-v"], b"").unwrap();
    assert!(counted.contains("count: 6"), "{counted}");
    let mut objects: Vec<u32> = std::fs::read_dir(packs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().unwrap() == "pack")
        .map(|path| u32::from_be_bytes(std::fs::read(path).unwrap()[8..12].try_into().unwrap()))
        .collect();
    objects.sort_unstable();
    assert_eq!(objects, [3, 3], "the second pack holds only the new commit, tree and file");
}

#[test]
fn brings_the_branches_that_are_asked_for() {
    let setup = Setup::new();
    let main = setup.repository.commit(&[("main.tf", "one")]).unwrap();
    setup.repository.git(&["branch", "release/1.x"], b"").unwrap();
    setup.repository.git(&["symbolic-ref", "HEAD", "refs/heads/next"], b"").unwrap();
    let next = setup.repository.commit_on("next", &[("main.tf", "two")]).unwrap();
    let wanted = ["main", "release/1.x", "gone"].map(str::to_owned);

    let without = setup.mirror.fetch(&setup.remote(), &[]).unwrap();
    let with = setup.mirror.fetch(&setup.remote(), &wanted).unwrap();

    assert!(without.branches.is_empty());
    let expected = [("main", &main), ("release/1.x", &main)].map(|(name, at)| (name.to_owned(), at.clone()));
    assert_eq!(with.branches.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(with.head, Some(Head { branch: Some("next".to_owned()), commit: next }));
    let again = open(&setup.directory);
    assert_eq!(read(&again, &main, "main.tf"), "one");
}

#[test]
fn moved_and_deleted_tags_follow_the_remote() {
    let setup = Setup::new();
    let first = setup.repository.commit(&[("main.tf", "one")]).unwrap();
    setup.repository.tag("v1.0.0").unwrap();
    setup.repository.tag("v1.0.1").unwrap();
    let before = setup.mirror.fetch(&setup.remote(), &[]).unwrap();
    let second = setup.repository.commit(&[("main.tf", "two")]).unwrap();
    setup.repository.tag("v1.0.0").unwrap();
    setup.repository.delete_tag("v1.0.1").unwrap();

    let after = setup.mirror.fetch(&setup.remote(), &[]).unwrap();

    assert_eq!(before.tags, [tag("v1.0.0", &first), tag("v1.0.1", &first)]);
    assert_eq!(after.tags, [tag("v1.0.0", &second)]);
    assert_eq!(read(&setup.mirror, &second, "main.tf"), "two");
    assert_eq!(read(&setup.mirror, &first, "main.tf"), "one", "what was fetched stays readable");
}

#[test]
fn annotated_tags_end_at_their_commit() {
    let setup = Setup::new();
    let commit = setup.repository.commit(&[("main.tf", "one")]).unwrap();
    setup.repository.annotated_tag("v1.0.0").unwrap();

    let listed = setup.mirror.list_remote(&setup.remote()).unwrap();
    let fetched = setup.mirror.fetch(&setup.remote(), &[]).unwrap();

    assert_eq!(fetched.tags, [tag("v1.0.0", &commit)]);
    assert_eq!(listed, fetched);
    assert_eq!(read(&setup.mirror, &commit, "main.tf"), "one");
}

#[test]
fn listing_brings_no_objects() {
    let setup = Setup::new();
    let commit = setup.repository.commit(&[("main.tf", "one")]).unwrap();
    setup.repository.tag("v1.0.0").unwrap();

    let refs = setup.mirror.list_remote(&setup.remote()).unwrap();

    assert_eq!(refs.tags, [tag("v1.0.0", &commit)]);
    assert_eq!(setup.server.requests(), ["GET /sample/info/refs"]);
    assert!(setup.mirror.list_tree(&commit, "").is_err());
}

#[test]
fn tags_of_anything_but_a_commit_are_left_out() {
    let setup = Setup::new();
    let commit = setup.repository.commit(&[("main.tf", "one")]).unwrap();
    let blob = setup.repository.blob(b"a key").unwrap();
    setup.repository.tag_at("key", &blob).unwrap();
    setup.repository.tag_at("tree", &format!("{commit}^{{tree}}")).unwrap();
    setup.repository.tag("v1.0.0").unwrap();

    let fetched = setup.mirror.fetch(&setup.remote(), &[]).unwrap();
    let listed = setup.mirror.list_remote(&setup.remote()).unwrap();

    assert_eq!(fetched.tags, [tag("v1.0.0", &commit)]);
    assert_eq!(listed, fetched, "what the mirror knows to be no commit is left out of a listing too");
}

#[test]
fn an_empty_repository_has_nothing() {
    let setup = Setup::new();

    let fetched = setup.mirror.fetch(&setup.remote(), &[]).unwrap();

    assert_eq!((fetched.head, fetched.tags.len()), (None, 0));
}

#[test]
fn tags_off_the_default_branch_are_brought_too() {
    let setup = Setup::new();
    setup.repository.commit(&[("main.tf", "one")]).unwrap();
    let tree = setup.repository.git(&["rev-parse", "main^{tree}"], b"").unwrap();
    let lonely = setup.repository.git(&["commit-tree", "-m", "Alone", &tree], b"").unwrap();
    setup.repository.tag_at("v0.1.0", &lonely).unwrap();

    setup.mirror.fetch(&setup.remote(), &[]).unwrap();

    assert_eq!(read(&setup.mirror, &lonely, "main.tf"), "one");
}

#[test]
fn thousands_of_tags_are_brought_at_once() {
    let setup = Setup::new();
    setup.repository.commit(&[("main.tf", "one")]).unwrap();
    setup.repository.tag_many((0..3000).map(|patch| format!("v1.0.{patch}"))).unwrap();

    let refs = setup.mirror.fetch(&setup.remote(), &[]).unwrap();

    assert_eq!(refs.tags.len(), 3000);
    assert_eq!(setup.packs_asked_for(), 1);
}

#[test]
fn two_threads_read_with_a_mirror_each() {
    let setup = Setup::new();
    let commit = setup.repository.commit(&[("main.tf", "one")]).unwrap();
    setup.repository.tag("v1.0.0").unwrap();
    setup.mirror.fetch(&setup.remote(), &[]).unwrap();

    std::thread::scope(|scope| {
        for _ in 0..2 {
            let mirror = open(&setup.directory);
            let commit = &commit;
            scope.spawn(move || assert_eq!(read(&mirror, commit, "main.tf"), "one"));
        }
    });
}
