//! The rules about files that neither the compiler nor clippy checks. The walk looks at what lies in the repository,
//! tracked or not.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 400;

/// Entries of the root that are not ours to judge.
const SKIPPED: &[&str] = &["target", ".git", "data", ".cache"];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["mod.rs", "utils.rs", "helpers.rs", "common.rs"];

/// In halves, like the two lists below, so that this file passes its own tests.
const UNFINISHED: &[&str] = &[concat!("#[", "ignore"), concat!("todo", "!")];

const PRIVATE_FOLDERS: &[&str] = &[concat!("/", "work/"), concat!("/", "root/")];

const PACKAGE_REGISTRIES: &[&str] = &[
    concat!("crates", ".io"),
    concat!("proxy", ".golang.org"),
    concat!("sum", ".golang.org"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("registry", ".npmjs.org"),
    concat!("repo", ".maven.apache.org"),
    concat!("repo1", ".maven.org"),
    concat!("deb", ".debian.org"),
];

const LOCK_FILES: &[&str] = &["Cargo.lock", "go.sum", "package-lock.json"];

#[test]
fn no_rust_file_is_longer_than_400_lines() {
    refuse(rust_files().filter_map(|file| {
        let lines = file.text.lines().count();
        (lines > LONGEST_FILE).then(|| format!("{} has {lines} lines, more than {LONGEST_FILE}", file.name))
    }));
}

#[test]
fn every_rust_file_begins_with_its_documentation() {
    refuse(rust_files().filter_map(|file| {
        let documented = file.text.starts_with("//!") || file.text.starts_with("#![doc");
        (!documented).then(|| format!("{} begins with neither `//!` nor `#![doc`", file.name))
    }));
}

#[test]
fn no_rust_file_has_a_name_without_meaning() {
    refuse(rust_files().filter_map(|file| {
        EMPTY_NAMES.contains(&file.base_name()).then(|| format!("{} should be named after what it holds", file.name))
    }));
}

#[test]
fn no_test_is_skipped_and_nothing_is_left_to_do() {
    refuse(rust_files().flat_map(|file| file.lines_with(|line| UNFINISHED.iter().any(|word| line.contains(word)))));
}

#[test]
fn no_file_names_a_folder_of_one_machine() {
    let wrong = |line: &str| PRIVATE_FOLDERS.iter().any(|folder| names_folder(line, folder));
    refuse(written_files().flat_map(|file| file.lines_with(wrong)));
}

#[test]
fn no_file_but_a_lock_file_names_a_package_registry() {
    let wrong = |line: &str| PACKAGE_REGISTRIES.iter().any(|host| line.contains(host));
    refuse(written_files().flat_map(|file| file.lines_with(wrong)));
}

#[test]
fn both_databases_have_migrations_of_the_same_names() {
    let (sqlite, postgres) = (migrations("sqlite"), migrations("postgres"));
    assert!(!sqlite.is_empty(), "migrations/sqlite is empty or missing");
    assert_eq!(sqlite, postgres, "the names in migrations/sqlite and in migrations/postgres differ");
}

#[test]
fn every_migration_goes_up_and_down() {
    for database in ["sqlite", "postgres"] {
        for name in migrations(database) {
            for file in ["up.sql", "down.sql"] {
                let path = Path::new("migrations").join(database).join(&name).join(file);
                assert!(root().join(&path).is_file(), "{} is missing", path.display());
            }
        }
    }
}

#[test]
fn every_crate_says_in_a_readme_what_it_knows() {
    refuse(folders_in("crates").into_iter().filter_map(|name| {
        let readme = root().join("crates").join(&name).join("README.md");
        let written = fs::read_to_string(readme).is_ok_and(|text| !text.trim().is_empty());
        (!written).then(|| format!("crates/{name} has no README.md"))
    }));
}

/// Fails with all complaints at once.
fn refuse(complaints: impl Iterator<Item = String>) {
    let complaints: Vec<String> = complaints.collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

struct File {
    /// Relative to the root.
    name: String,
    text: String,
}

impl File {
    fn base_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }

    fn lines_with(&self, wrong: impl Fn(&str) -> bool) -> Vec<String> {
        let lines = self.text.lines().enumerate().filter(|(_, line)| wrong(line));
        lines.map(|(at, line)| format!("{}:{}: {}", self.name, at + 1, line.trim())).collect()
    }
}

fn rust_files() -> impl Iterator<Item = File> {
    files().into_iter().filter(|file| file.name.ends_with(".rs"))
}

/// What people write: everything but lock files.
fn written_files() -> impl Iterator<Item = File> {
    files().into_iter().filter(|file| !LOCK_FILES.contains(&file.base_name()))
}

fn files() -> Vec<File> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            let name = path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
            if SKIPPED.contains(&name.as_str()) || path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(bytes) = fs::read(&path) {
                found.push(File { name, text: String::from_utf8_lossy(&bytes).into_owned() });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Whether the line holds the folder as an absolute path, not as the middle of another one.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || "_-.*})]>".contains(letter))
    })
}

fn migrations(database: &str) -> BTreeSet<String> {
    folders_in(&format!("migrations/{database}"))
}

fn folders_in(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("acceptance lies two folders deep").into()
}
