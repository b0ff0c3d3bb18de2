//! Kinds, sizes and numbers of entries that an upload may not have.

use crate::made::{Tar, gzip, header, refused, seal, unpack};
use archive::Limits;
use domain::Error;

#[test]
fn kinds_that_are_no_content_are_refused_by_name() {
    for (kind, says) in [
        (b'1', "is a hard link"),
        (b'3', "is a device"),
        (b'4', "is a device"),
        (b'6', "is a named pipe"),
        (b'S', "is a sparse file"),
        (b'V', "is of an unknown kind"),
        (b'M', "is of an unknown kind"),
        (b'D', "is of an unknown kind"),
        (b'X', "is of an unknown kind"),
        (0xff, "is of an unknown kind"),
    ] {
        let error = refused(&Tar::default().file("main.tf", "x").entry(kind, "evil", "main.tf", b"").gz());
        assert!(error.starts_with(&format!("entry `evil` {says}")), "{error}");
    }
}

#[test]
fn sparse_files_in_pax_are_refused() {
    let tar = Tar::default().pax(b'x', &[("GNU.sparse.major", "1"), ("GNU.sparse.name", "a")]).file("a", "x");

    assert!(refused(&tar.gz()).contains("sparse"));
}

#[test]
fn two_sizes_are_refused() {
    let tar = Tar::default().pax(b'x', &[("size", "1536")]).file("a", "x");
    assert!(refused(&tar.gz()).contains("two sizes"));

    let same = Tar::default().pax(b'x', &[("size", "1")]).file("a", "x");
    unpack(&same.gz()).unwrap();
}

#[test]
fn sizes_that_cannot_be_read_are_refused() {
    let mut negative = header(b'0', b"a", "", "0");
    negative[124..136].fill(0xff);
    seal(&mut negative);
    let mut wide = header(b'0', b"a", "", "0");
    wide[124..136].copy_from_slice(&[0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
    seal(&mut wide);

    for block in [negative, wide, header(b'0', b"a", "", "-1"), header(b'0', b"a", "", "0x10")] {
        let error = refused(&Tar::default().block(block, b"x").gz());
        assert!(error.starts_with("entry `a` has a size that cannot be read"), "{error}");
    }
}

#[test]
fn content_where_none_belongs_is_refused() {
    for kind in [b'2', b'5'] {
        let error = refused(&Tar::default().entry(kind, "a", "b", b"hidden").gz());
        assert!(error.contains("has content but is no file"), "{error}");
    }
    refused(&Tar::default().file("a/", "an old directory with content").gz());
}

#[test]
fn global_headers_are_skipped_unless_they_name_files() {
    let commit = Tar::default().pax(b'g', &[("comment", "abc")]).file("main.tf", "x");
    assert_eq!(unpack(&commit.gz()).unwrap().iter().count(), 1);

    let evil = Tar::default().pax(b'g', &[("path", "../x")]).file("main.tf", "x");
    assert!(refused(&evil.gz()).contains("global PAX header"));
}

#[test]
fn pax_records_are_bounded() {
    let tar = Tar::default().pax(b'x', &[("comment", &"x".repeat(70_000))]).file("a", "x");
    assert!(refused(&tar.gz()).contains("65536 bytes"));

    let mut tar = Tar::default();
    for _ in 0..21_000 {
        tar = tar.pax(b'g', &[("comment", "x")]);
    }
    assert!(refused(&tar.gz()).contains("limit of 20000"));
}

#[test]
fn a_header_file_that_claims_everything_costs_nothing() {
    for size in ["77777777777", "00200000001"] {
        let block = header(b'0', b"a", "", size);
        let error = unpack(&Tar::default().block(block, b"x").gz()).unwrap_err();
        assert!(matches!(error, Error::TooLarge { limit: 33_554_432, .. }), "{error}");
    }
    let block = header(b'0', b"a", "", "00200000000");
    assert!(refused(&Tar::default().block(block, b"x").gz()).contains("cut off"));
}

#[test]
fn a_hundred_thousand_empty_files_are_refused() {
    let mut tar = Tar::default();
    for number in 0..110_000 {
        tar = tar.file(&format!("{number}.tf"), "");
    }

    assert!(refused(&tar.gz()).contains("more files and directories than the limit of 20000"));
}

#[test]
fn directories_count_also_when_nobody_names_them() {
    let mut tar = Tar::default();
    for number in 0..1_000 {
        tar = tar.file(&format!("{number}/{}a", "d/".repeat(25)), "");
    }

    assert!(refused(&tar.gz()).contains("limit of 20000"));
}

#[test]
fn deep_paths_are_refused() {
    let deep = format!("{}a", "d/".repeat(64));

    let error = refused(&Tar::default().pax(b'x', &[("path", &deep)]).file("cut", "").gz());

    assert!(error.contains("nested deeper than the limit of 64"), "{error}");
}

#[test]
fn the_whole_is_bounded() {
    let limits = Limits { unpacked: 4096, ..Limits::default() };
    let tar = Tar::default().file("a", &"x".repeat(1000)).file("b", &"y".repeat(3000));

    let error = archive::unpack(tar.gz().as_slice(), &limits).unwrap_err();

    assert!(matches!(error, Error::TooLarge { limit: 4096, .. }), "{error}");
}

#[test]
fn what_stands_behind_the_end_must_be_zero() {
    let mut padded = Tar::default().file("main.tf", "x");
    padded.0.resize(20 * 512, 0);
    unpack(&padded.gz()).unwrap();

    let mut hidden = Tar::default().file("main.tf", "x");
    hidden.0.resize(hidden.0.len() + 1024, 0);
    let hidden = hidden.file("evil.tf", "only some readers see me");
    assert!(refused(&hidden.gz()).contains("something behind its end"));

    let mut one_block = Tar::default().file("main.tf", "x");
    one_block.0.resize(one_block.0.len() + 512, 0);
    refused(&one_block.file("evil.tf", "x").gz());
}

#[test]
fn a_tar_that_is_cut_off_is_refused_at_every_place() {
    let tar = Tar::default().pax(b'x', &[("path", "long")]).file("main.tf", &"x".repeat(700)).directory("d/").0;
    for end in 0..tar.len() {
        let error = refused(&gzip(&tar[..end]));
        assert!(error.contains("cut off"), "{end}: {error}");
    }
}

#[test]
fn a_damaged_header_is_refused() {
    let mut tar = Tar::default().file("main.tf", "x");
    tar.0[0] ^= 1;

    assert!(refused(&tar.gz()).contains("holds no tar"));
    assert!(refused(&gzip(&[b'x'; 5000])).contains("holds no tar"));
}

#[test]
fn an_archive_without_files_is_for_the_layout_to_refuse() {
    let tree = unpack(&Tar::default().gz()).unwrap();
    let files = archive::follow_links(tree).unwrap();

    let error = archive::check_layout(&files.files).unwrap_err();

    assert_eq!(error.to_string(), "the archive holds no file");
}
