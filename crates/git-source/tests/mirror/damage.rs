//! A mirror is only a cache: whatever happens to it, the next opening gives a whole one.

use std::fs;
use std::path::PathBuf;

use git_source::{Mirror, Remote};
use tempfile::TempDir;
use test_kit::{GitServer, SampleRepository};

use crate::{Setup, open, read};

/// A mirror that nobody has open: libgit2 shares open packs in the whole process and would hide the damage.
struct Closed {
    directory: TempDir,
    server: GitServer,
    repository: SampleRepository,
}

impl Closed {
    fn remote(&self) -> Remote {
        Remote::anonymous(format!("{}/sample", self.server.url()))
    }
}

fn fetched() -> (Closed, String) {
    let setup = Setup::new();
    let content = (0..2000).map(|line| format!("line {line}\n")).collect::<String>();
    let commit = setup.repository.commit(&[("main.tf", &content)]).unwrap();
    setup.repository.tag("v1.0.0").unwrap();
    setup.mirror.fetch(&setup.remote(), &[]).unwrap();
    let Setup { directory, server, repository, mirror } = setup;
    drop(mirror);
    (Closed { directory, server, repository }, commit)
}

fn file(setup: &Closed, extension: &str) -> PathBuf {
    let packs = fs::read_dir(setup.directory.path().join("mirror/objects/pack")).unwrap();
    let mut paths = packs.map(|entry| entry.unwrap().path());
    let path = paths.find(|path| path.extension().unwrap() == extension).unwrap();
    // libgit2 makes them read-only.
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

fn comes_back(setup: &Closed, commit: &str) {
    let mirror = open(&setup.directory);
    assert!(mirror.list_tree(commit, "").is_err(), "the damaged mirror was emptied");
    mirror.fetch(&setup.remote(), &[]).unwrap();
    assert!(read(&mirror, commit, "main.tf").ends_with("line 1999\n"));
}

#[test]
fn a_whole_mirror_is_kept() {
    let (setup, commit) = fetched();

    let mirror = open(&setup.directory);

    assert!(read(&mirror, &commit, "main.tf").starts_with("line 0\n"));
}

#[test]
fn a_lost_pack_is_noticed() {
    let (setup, commit) = fetched();
    fs::remove_file(file(&setup, "pack")).unwrap();

    comes_back(&setup, &commit);
}

#[test]
fn a_cut_pack_is_noticed() {
    let (setup, commit) = fetched();
    let path = file(&setup, "pack");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();

    comes_back(&setup, &commit);
}

#[test]
fn a_broken_index_is_noticed() {
    let (setup, commit) = fetched();
    fs::write(file(&setup, "idx"), b"nonsense").unwrap();

    comes_back(&setup, &commit);
}

#[test]
fn broken_refs_are_noticed() {
    let (setup, commit) = fetched();
    fs::write(setup.directory.path().join("mirror/packed-refs"), b"nonsense").unwrap();

    comes_back(&setup, &commit);
}

#[test]
fn a_flipped_byte_fails_the_read_and_the_next_opening_starts_anew() {
    let (setup, commit) = fetched();
    let id = open(&setup.directory).list_tree(&commit, "").unwrap()[0].id;
    let path = file(&setup, "pack");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() - 1000;
    bytes[middle] ^= 0xff;
    fs::write(&path, bytes).unwrap();

    let error = open(&setup.directory).read_blob(id, 1 << 20).unwrap_err();

    assert!(error.is_transient(), "{error}");
    comes_back(&setup, &commit);
}

#[test]
fn what_is_no_mirror_is_replaced() {
    let setup = Setup::new();
    let path = setup.directory.path().join("elsewhere");

    fs::write(&path, b"a file").unwrap();
    assert!(Mirror::open(&path).is_ok());
    fs::remove_dir_all(path.join("objects")).unwrap();
    assert!(Mirror::open(&path).is_ok());
}

#[test]
fn an_unfinished_pack_is_removed_by_the_next_fetch() {
    let (setup, _) = fetched();
    let leftover = setup.directory.path().join("mirror/objects/pack/pack_git2_abcdef");
    fs::write(&leftover, b"PACK").unwrap();
    setup.repository.commit(&[("main.tf", "new")]).unwrap();

    open(&setup.directory).fetch(&setup.remote(), &[]).unwrap();

    assert!(!leftover.exists());
}

#[test]
fn the_git_command_finds_the_mirror_sound() {
    let (setup, commit) = fetched();
    let mirror = setup.directory.path().join("mirror");

    let arguments = ["--git-dir", mirror.to_str().unwrap(), "rev-parse", "v1.0.0"];
    assert_eq!(setup.repository.git(&arguments, b"").unwrap(), commit);
    let arguments = ["--git-dir", mirror.to_str().unwrap(), "fsck", "--full"];
    setup.repository.git(&arguments, b"").unwrap();
}
