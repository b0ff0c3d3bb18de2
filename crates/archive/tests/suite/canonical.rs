//! The one form of an archive: the same files, the same bytes, and every reader agrees.

use crate::made::files;
use archive::{Limits, check_layout, follow_links, pack, read_files, unpack};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

/// Something of everything: order, depth, long and foreign names, an empty file, a script.
fn module() -> BTreeMap<String, Bytes> {
    let deep = format!("modules/{}/main.tf", "deep/".repeat(25).trim_end_matches('/'));
    let long = format!("docs/{}.md", "n".repeat(150));
    files(&[
        ("main.tf", "module \"a\" { source = \"./modules/a\" }\n"),
        ("modules.tf", "# sorts before modules/, and after modules-x\n"),
        ("modules-x/empty.tf", ""),
        ("modules/a/main.tf", "variable \"x\" {}\n"),
        ("scripts/run.sh", "#!/bin/sh\nexit 0\n"),
        ("docs/\u{fc}bersicht.md", "# \u{dc}bersicht\n"),
        (&deep, "locals {}\n"),
        (&long, "long\n"),
    ])
}

fn limits() -> Limits {
    Limits::default()
}

/// What GNU tar says about an archive.
fn tar(arguments: &[&str], archive: &[u8]) -> String {
    let mut child = Command::new("tar")
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(archive).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_tar_never_changes() {
    let packed = pack(&module(), &limits()).unwrap();

    assert_eq!(
        hex::encode(packed.tar_sha256),
        "dac069828c33c8eadb8b3bb94d3447f5e4daca624202388b8f419d075af81571",
        "the canonical form changed: versions deleted before could not come back"
    );
}

#[test]
fn another_order_gives_the_same_bytes() {
    let forward = module();
    let backward: BTreeMap<_, _> = forward.clone().into_iter().rev().collect();

    let first = pack(&forward, &limits()).unwrap();
    let second = pack(&backward, &limits()).unwrap();

    assert_eq!(first.bytes, second.bytes);
    assert_eq!(first.sha256, second.sha256);
    assert_eq!(first.tar_sha256, second.tar_sha256);
}

#[test]
fn the_gzip_header_tells_nothing() {
    let packed = pack(&module(), &limits()).unwrap();

    assert_eq!(packed.bytes[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
}

#[test]
fn gnu_tar_lists_what_was_packed() {
    let packed = pack(&module(), &limits()).unwrap();

    let listed = tar(&["--quoting-style=literal", "-tzf", "-"], &packed.bytes);

    let names: Vec<&str> = listed.lines().collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(names, sorted, "sorted bytewise, directories with their slash");
    assert_eq!(names.len() as u64, packed.entries);
    let kept: Vec<&str> = names.into_iter().filter(|name| !name.ends_with('/')).collect();
    let mut wanted: Vec<String> = module().into_keys().collect();
    wanted.sort_unstable();
    assert_eq!(kept, wanted);
}

#[test]
fn owners_times_and_modes_are_fixed() {
    let small = files(&[("a/main.tf", "x"), ("a/run.sh", "#!/bin/sh\n")]);

    let listed = tar(&["--numeric-owner", "-tvzf", "-"], &pack(&small, &limits()).unwrap().bytes);

    assert_eq!(
        listed,
        "drwxr-xr-x 0/0               0 1980-01-01 00:00 a/\n\
         -rw-r--r-- 0/0               1 1980-01-01 00:00 a/main.tf\n\
         -rwxr-xr-x 0/0              10 1980-01-01 00:00 a/run.sh\n"
    );
}

#[test]
fn gnu_tar_reads_the_contents() {
    let packed = pack(&module(), &limits()).unwrap();

    let everything = tar(&["-xzOf", "-"], &packed.bytes);

    let wanted: Vec<u8> = module().into_values().flatten().collect();
    assert_eq!(everything.into_bytes(), wanted);
}

#[test]
fn unpacking_a_packed_module_gives_the_same_module() {
    let packed = pack(&module(), &limits()).unwrap();

    let tree = unpack(packed.bytes.as_slice(), &limits()).unwrap();
    let back = follow_links(tree).unwrap();

    check_layout(&back.files).unwrap();
    assert_eq!(back.files, module());
    assert_eq!(back.notes, []);
    assert_eq!(pack(&back.files, &limits()).unwrap().bytes, packed.bytes);
}

#[test]
fn wanted_files_are_read_and_others_skipped() {
    let packed = pack(&module(), &limits()).unwrap();

    let read = read_files(packed.bytes.as_slice(), &limits(), |path| path.ends_with("main.tf")).unwrap();
    let all = read_files(packed.bytes.as_slice(), &limits(), |_| true).unwrap();

    assert_eq!(read.len(), 3);
    assert_eq!(all, module());
}

#[test]
fn a_stored_archive_may_be_repetitive_but_not_broken() {
    let zeros = BTreeMap::from([("zeros".to_owned(), Bytes::from(vec![0; 20 * 1024 * 1024]))]);
    let mut packed = pack(&zeros, &limits()).unwrap().bytes;
    assert_eq!(read_files(packed.as_slice(), &limits(), |_| false).unwrap().len(), 0);

    packed.truncate(packed.len() / 2);
    let error = read_files(packed.as_slice(), &limits(), |_| true).unwrap_err();
    assert!(matches!(error, domain::Error::Internal { .. }), "{error:?}");
}

#[test]
fn what_is_not_clean_or_too_much_is_not_packed() {
    for pairs in [&[("../x", "")][..], &[("/x", "")], &[("a", ""), ("a/b", "")], &[("a", ""), ("a-b", ""), ("a/b", "")]]
    {
        pack(&files(pairs), &limits()).unwrap_err();
    }
    for tight in [
        Limits { packed: 100, ..limits() },
        Limits { unpacked: 4096, ..limits() },
        Limits { file: 30, ..limits() },
        Limits { entries: 10, ..limits() },
        Limits { path: 100, ..limits() },
        Limits { depth: 3, ..limits() },
    ] {
        pack(&module(), &tight).unwrap_err();
    }
}

#[test]
fn nothing_packs_to_an_empty_archive() {
    let packed = pack(&BTreeMap::new(), &limits()).unwrap();

    assert_eq!((packed.entries, packed.unpacked), (0, 1024));
    assert_eq!(tar(&["-tzf", "-"], &packed.bytes), "");
}
