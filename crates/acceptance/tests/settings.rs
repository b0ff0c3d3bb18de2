//! `deploy/env.example` names every setting there is, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PREFIX: &str = "QUARRY_";

#[test]
fn the_example_names_every_setting_and_no_other() {
    let settings = read("crates/service-kit/src/settings.rs");
    let documented: BTreeSet<&str> =
        settings.lines().filter(|line| line.trim_start().starts_with("///")).flat_map(names_in).collect();
    let example = read("deploy/env.example");
    let exemplified: BTreeSet<&str> = names_in(&example).collect();

    assert!(documented.len() > 10, "the doc comments of settings.rs name hardly any setting: {documented:?}");
    assert_eq!(documented, exemplified, "settings.rs (left) and deploy/env.example (right) differ");
}

#[test]
fn each_setting_has_one_line_of_its_own_in_the_example() {
    let example = read("deploy/env.example");
    for name in names_in(&example).collect::<BTreeSet<_>>() {
        let start = format!("#{name}=");
        let lines = example.lines().filter(|line| line.starts_with(&start)).count();
        assert_eq!(lines, 1, "lines of deploy/env.example that begin with `{start}`");
    }
}

/// The names of settings in `text`; the prefix alone is none.
fn names_in(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
    words.filter(|word| word.strip_prefix(PREFIX).is_some_and(|rest| !rest.is_empty()))
}

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("acceptance lies two folders deep");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
