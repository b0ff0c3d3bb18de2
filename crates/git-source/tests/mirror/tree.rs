//! Listings and files, also of trees that Git would not check out.

use domain::Error;
use git_source::{EntryKind, TreeEntry};

use crate::Setup;

const ELSEWHERE: &str = "e83c5163316f89bfbde7d9ab23ca2e25604af290";

fn listing(entries: &[TreeEntry]) -> Vec<(&str, EntryKind)> {
    entries.iter().map(|entry| (entry.path.as_str(), entry.kind)).collect()
}

#[test]
fn lists_every_kind_of_entry() {
    let setup = Setup::new();
    let commit = setup
        .repository
        .commit_modes(&[
            ("100644", "main.tf", b"x"),
            ("100755", "run.sh", b"#!/bin/sh"),
            ("120000", "modules/link", b"../main.tf"),
            ("160000", "vendored", ELSEWHERE.as_bytes()),
        ])
        .unwrap();
    setup.mirror.fetch(&setup.remote(), &[]).unwrap();

    let entries = setup.mirror.list_tree(&commit, "").unwrap();

    let expected = [
        ("main.tf", EntryKind::File),
        ("modules/link", EntryKind::Link),
        ("run.sh", EntryKind::Executable),
        ("vendored", EntryKind::Submodule),
    ];
    assert_eq!(listing(&entries), expected);
    assert_eq!(setup.mirror.read_blob(entries[1].id, 100).unwrap(), b"../main.tf");
    assert_eq!(entries[3].id.to_string(), ELSEWHERE);
}

#[test]
fn lists_below_a_directory() {
    let setup = Setup::new();
    let files = [("main.tf", "x"), ("modules/a/main.tf", "a"), ("modules/a/b/c.tf", "c"), ("modules/z.tf", "z")];
    let commit = setup.repository.commit(&files).unwrap();
    setup.mirror.fetch(&setup.remote(), &[]).unwrap();

    for spelling in ["modules/a", "modules/a/", "./modules/a", "/modules//a"] {
        let entries = setup.mirror.list_tree(&commit, spelling).unwrap();
        assert_eq!(listing(&entries), [("b/c.tf", EntryKind::File), ("main.tf", EntryKind::File)]);
    }
    for absent in ["nowhere", "modules/a/main.tf", "..", "modules/.."] {
        let error = setup.mirror.list_tree(&commit, absent).unwrap_err();
        assert!(matches!(&error, Error::NotFound { what } if what.contains(absent)), "{error}");
    }
}

#[test]
fn an_unknown_commit_is_not_found() {
    let setup = Setup::new();

    assert!(matches!(setup.mirror.list_tree(ELSEWHERE, ""), Err(Error::NotFound { .. })));
    assert!(matches!(setup.mirror.list_tree("main", ""), Err(Error::Invalid { .. })));
}

#[test]
fn a_large_file_is_refused_before_it_is_read() {
    let setup = Setup::new();
    let commit = setup.repository.commit(&[("main.tf", &"x".repeat(101))]).unwrap();
    setup.mirror.fetch(&setup.remote(), &[]).unwrap();
    let id = setup.mirror.list_tree(&commit, "").unwrap()[0].id;

    assert!(matches!(setup.mirror.read_blob(id, 100), Err(Error::TooLarge { limit: 100, .. })));
    assert_eq!(setup.mirror.read_blob(id, 101).unwrap().len(), 101);
}

#[test]
fn hostile_names_are_told() {
    let setup = Setup::new();
    let blob = setup.repository.blob(b"x").unwrap();
    let inner = setup.repository.raw_tree(&[("100644", &blob, b"passwd")]).unwrap();
    let tree = setup.repository.raw_tree(&[
        ("40000", &inner, b".."),
        ("40000", &inner, b".GIT"),
        ("100644", &blob, b"a/b"),
        ("100644", &blob, b"a\\b"),
        ("100644", &blob, b"line\nbreak"),
        ("100644", &blob, b"not\xffutf8"),
        ("100644", &blob, b"twice"),
        ("100644", &blob, b"twice"),
        ("20000", &blob, b"device"),
        ("100644", &blob, b"good.tf"),
    ]);
    let commit = setup.repository.commit_tree(&tree.unwrap()).unwrap();
    setup.mirror.fetch(&setup.remote(), &[]).unwrap();

    let entries = setup.mirror.list_tree(&commit, "").unwrap();

    let flaws: Vec<_> = entries.iter().map(|entry| (entry.path.as_str(), entry.flaw)).collect();
    let expected = [
        ("..", Some("has a name that leaves its directory")),
        (".GIT", Some("has the name of a Git directory")),
        ("a/b", Some("has a name with a slash in it")),
        ("a\\b", Some("has a name with a slash in it")),
        ("line\nbreak", Some("has a name with a control character in it")),
        ("not\\xffutf8", Some("has a name that is not UTF-8")),
        ("twice", None),
        ("twice", Some("is there twice")),
        ("device", Some("has a mode that Git does not know")),
        ("good.tf", None),
    ];
    assert_eq!(flaws, expected);
    assert!(setup.mirror.list_tree(&commit, ".GIT").is_err());
}

#[test]
fn a_tree_that_multiplies_is_refused() {
    let setup = Setup::new();
    let blob = setup.repository.blob(b"x").unwrap();
    let names: Vec<String> = (0..10).map(|name| name.to_string()).collect();
    let level = |mode: &str, id: &str| {
        let entries: Vec<_> = names.iter().map(|name| (mode, id, name.as_bytes())).collect();
        setup.repository.raw_tree(&entries).unwrap()
    };
    let bottom = level("100644", &blob);
    let top = (0..9).fold(bottom, |tree, _| level("40000", &tree));
    let commit = setup.repository.commit_tree(&top).unwrap();
    setup.mirror.fetch(&setup.remote(), &[]).unwrap();

    assert!(matches!(setup.mirror.list_tree(&commit, ""), Err(Error::Refused { .. })));
    assert_eq!(setup.mirror.list_tree(&commit, "0/1/2/3/4/5/6/7").unwrap().len(), 100);
}

#[test]
fn a_tree_that_is_too_deep_is_refused() {
    let setup = Setup::new();
    let blob = setup.repository.blob(b"x").unwrap();
    let bottom = setup.repository.raw_tree(&[("100644", &blob, b"x")]).unwrap();
    let deep = |tree: String, _| setup.repository.raw_tree(&[("40000", &tree, b"d")]).unwrap();
    let commit = setup.repository.commit_tree(&(0..140).fold(bottom, deep)).unwrap();
    setup.mirror.fetch(&setup.remote(), &[]).unwrap();

    assert!(matches!(setup.mirror.list_tree(&commit, ""), Err(Error::Refused { .. })));
}

#[test]
fn an_object_that_is_missing_at_the_remote_makes_the_mirror_anew() {
    let setup = Setup::new();
    let blob = setup.repository.blob(b"x").unwrap();
    let lying = setup.repository.raw_tree(&[("160000", ELSEWHERE, b"sub"), ("100644", &blob, b"file")]).unwrap();
    let commit = setup.repository.commit_tree(&lying).unwrap();
    setup.mirror.fetch(&setup.remote(), &[]).unwrap();
    let foreign = setup.mirror.list_tree(&commit, "").unwrap()[0].id;

    assert!(setup.mirror.read_blob(foreign, 10).unwrap_err().is_transient());
    assert!(matches!(crate::open(&setup.directory).list_tree(&commit, ""), Err(Error::NotFound { .. })));
}
