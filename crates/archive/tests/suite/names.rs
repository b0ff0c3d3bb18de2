//! Names in uploads: which are refused, and what other spellings of a fine name become.

use crate::made::{Tar, refused, unpack};

fn names(tar: Tar) -> Vec<String> {
    let tree = unpack(&tar.gz()).unwrap();
    tree.iter().map(|(path, _)| path.to_owned()).collect()
}

#[test]
fn traversal_is_refused_by_name() {
    for name in ["../evil.tf", "a/../../evil.tf", "a/..", "..", "./../evil.tf"] {
        let error = refused(&Tar::default().file(name, "x").gz());
        assert!(error.contains("climbs with `..`"), "{name}: {error}");
    }
    assert_eq!(
        refused(&Tar::default().file("../evil.tf", "x").gz()),
        "entry `../evil.tf` climbs with `..`: use paths below the module's root"
    );
}

#[test]
fn absolute_names_are_refused() {
    for name in ["/etc/passwd", "//etc/passwd", ".//etc/passwd"] {
        let error = refused(&Tar::default().file(name, "x").gz());
        assert!(error.contains("absolute"), "{name}: {error}");
    }
    refused(&Tar::default().directory("/").gz());
    refused(&Tar::default().directory("/tmp/").gz());
    refused(&Tar::default().directory("../").gz());
    refused(&Tar::default().link("../a", "b").gz());
}

#[test]
fn a_pax_path_counts_and_not_the_name_it_hides() {
    let evil = Tar::default().pax(b'x', &[("path", "../x")]).file("main.tf", "x");
    assert!(refused(&evil.gz()).contains("entry `../x`"));

    let long = format!("{}/main.tf", "d".repeat(300));
    let fine = Tar::default().pax(b'x', &[("mtime", "1.5"), ("path", &long)]).file("cut", "x");
    assert_eq!(names(fine), [long]);
}

#[test]
fn a_gnu_long_name_counts_and_is_bounded() {
    let evil = Tar::default().entry(b'L', "././@LongLink", "", b"../x\0").file("main.tf", "x");
    assert!(refused(&evil.gz()).contains("entry `../x`"));

    let long = format!("{}/main.tf", "d".repeat(200));
    let fine = Tar::default().entry(b'L', "././@LongLink", "", format!("{long}\0").as_bytes()).file("cut", "x");
    assert_eq!(names(fine), [long]);

    let huge = "x".repeat(1_000_000);
    let tar = Tar::default().entry(b'L', "././@LongLink", "", huge.as_bytes()).file("cut", "x");
    assert!(refused(&tar.gz()).contains("65536 bytes"));
}

#[test]
fn a_name_with_a_hidden_rest_is_refused() {
    let tar = Tar::default().entry(b'L', "././@LongLink", "", b"main.tf\0/../x\0").file("a", "x");

    assert!(refused(&tar.gz()).contains("control character"));
}

#[test]
fn an_entry_that_is_named_twice_is_refused() {
    let both = Tar::default().pax(b'x', &[("path", "a")]).entry(b'L', "././@LongLink", "", b"b\0").file("c", "x");
    let again = Tar::default().pax(b'x', &[("path", "a")]).pax(b'x', &[("path", "b")]).file("c", "x");

    assert!(refused(&both.gz()).contains("named twice"));
    assert!(refused(&again.gz()).contains("named twice"));
}

#[test]
fn names_that_are_not_utf_8_are_refused_by_what_can_be_shown() {
    let header = crate::made::header(b'0', b"caf\xe9.tf", "", "0");

    let error = refused(&Tar::default().block(header, b"").gz());

    assert!(error.starts_with("entry `caf\u{fffd}.tf` has a name that is not UTF-8"), "{error}");
}

#[test]
fn control_characters_never_reach_the_error() {
    let error = refused(&Tar::default().file("a\u{1b}[31m\r\nb", "x").gz());

    assert!(!error.contains(char::is_control), "{error:?}");
}

#[test]
fn plain_spellings_are_one() {
    let tar = Tar::default()
        .directory("./")
        .file("./main.tf", "x")
        .directory("./modules/")
        .directory("./modules/")
        .file("././modules/a.tf", "x")
        .file("._main.tf", "mac")
        .file(".DS_Store", "mac");

    assert_eq!(names(tar), [".DS_Store", "._main.tf", "main.tf", "modules/a.tf"]);
}

#[test]
fn the_same_name_twice_is_refused() {
    let twice = Tar::default().file("main.tf", "x").file("./main.tf", "y");
    let file_then_link = Tar::default().file("main.tf", "x").link("main.tf", "y");

    assert!(refused(&twice.gz()).starts_with("entry `main.tf` is there twice"));
    assert!(refused(&file_then_link.gz()).starts_with("entry `main.tf` is there twice"));
}

#[test]
fn a_file_that_is_also_a_directory_is_refused() {
    for tar in [
        Tar::default().file("a", "x").file("a/b", "x"),
        Tar::default().file("a/b", "x").file("a", "x"),
        Tar::default().file("a", "x").directory("a/"),
        Tar::default().directory("a/").file("a", "x"),
        Tar::default().link("a", "/tmp").file("a/b", "through the link"),
        Tar::default().directory("a/").link("a", "/tmp"),
    ] {
        let error = refused(&tar.gz());
        assert!(error.starts_with("entry `a` is a directory and also"), "{error}");
    }
}

#[test]
fn git_directories_are_left_out_with_a_note() {
    let tar = Tar::default()
        .directory(".git/")
        .file(".git/config", "[core] fsmonitor = evil")
        .file("sub/.GIT/hooks/x", "evil")
        .file(".gitignore", "fine")
        .file("main.tf", "x");

    let tree = unpack(&tar.gz()).unwrap();

    let kept: Vec<_> = tree.iter().map(|(path, _)| path).collect();
    let told: Vec<_> = tree.notes().iter().map(|note| note.path.as_str()).collect();
    assert_eq!(kept, [".gitignore", "main.tf"]);
    assert_eq!(told, [".git", "sub/.GIT"]);
}

#[test]
fn a_path_inside_git_is_still_checked() {
    refused(&Tar::default().file(".git/../../x", "x").gz());
}
