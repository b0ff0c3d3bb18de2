//! The Dockerfile, read as far as it can be read without a container engine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::pods::is_pinned;
use crate::rendered::{OURS, of_kind, pod, read, root};

/// One image that the Dockerfile makes on its way.
struct Stage {
    name: String,
    base: String,
    /// Word and rest, with continued lines in one.
    instructions: Vec<(String, String)>,
}

#[test]
fn what_is_copied_exists_and_is_not_ignored() {
    let ignore = read(".dockerignore");
    for (_, arguments) in instructions("COPY") {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let (flags, paths): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with("--"));
        if flags.iter().any(|flag| flag.starts_with("--from=")) {
            continue;
        }
        for source in &paths[..paths.len() - 1] {
            assert!(root().join(source).exists(), "COPY {arguments}: {source} does not exist");
            assert!(ignore.lines().any(|line| line == format!("!{source}")), "{source} is ignored by .dockerignore");
        }
    }
    assert!(ignore.lines().any(|line| line == "*"), ".dockerignore lets everything through that nobody thought of");
}

#[test]
fn every_stage_is_used_and_every_used_stage_exists() {
    let stages = stages();
    let names: BTreeSet<&str> =
        stages.iter().map(|stage| stage.name.as_str()).filter(|name| !name.is_empty()).collect();
    let copies = instructions("COPY");
    let used: BTreeSet<&str> = copies
        .iter()
        .flat_map(|(_, arguments)| arguments.split_whitespace().filter_map(|word| word.strip_prefix("--from=")))
        .chain(stages.iter().map(|stage| stage.base.as_str()).filter(|base| names.contains(base)))
        .collect();
    assert_eq!(names, used, "stages (left) and what is copied from them (right)");
    assert!(stages.last().unwrap().name.is_empty(), "the last stage is the image itself");
}

#[test]
fn the_image_runs_as_the_user_that_the_pods_ask_for() {
    let last = stages().pop().unwrap();
    let user = last.instruction("USER").split(':').next().unwrap_or_default().to_owned();
    for object in of_kind("base", &OURS) {
        assert_eq!(pod(&object)["securityContext"]["runAsUser"].to_string(), user);
    }
    assert_eq!(last.instruction("ENTRYPOINT"), r#"["/quarry"]"#);
    assert_eq!(last.instruction("CMD"), r#"["serve"]"#);
    assert_eq!(Some(&last.instruction("VOLUME").to_owned()), environment().get("QUARRY_DATA_DIR"));
}

#[test]
fn the_images_that_it_is_made_from_are_pinned_and_the_compiler_is_ours() {
    let stages = stages();
    assert!(stages.iter().all(|stage| is_pinned(&stage.base)));
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    assert!(stages[0].base.starts_with(&format!("rust:{version}-")), "{} is not Rust {version}", stages[0].base);
}

#[test]
fn it_is_built_from_the_lock_file_with_features_and_a_profile_that_exist() {
    let (_, build) = instructions("RUN").into_iter().find(|(_, run)| run.contains("cargo build")).unwrap();
    let words: Vec<&str> = build.split_whitespace().collect();
    let after = |flag: &str| words.iter().position(|word| *word == flag).map(|at| words[at + 1]).unwrap_or_default();
    assert!(words.contains(&"--locked"), "{build}");
    assert!(read("Cargo.toml").contains(&format!("[profile.{}]", after("--profile"))), "{build}");
    for feature in after("--features").split(',') {
        let features = read("crates/quarry/Cargo.toml");
        assert!(
            features.lines().any(|line| line.starts_with(&format!("{feature} ="))),
            "quarry has no feature {feature}"
        );
    }
}

/// What the image sets, for every container that starts from it.
pub fn environment() -> BTreeMap<String, String> {
    let last = stages().pop().unwrap();
    let set = last.instructions.iter().filter(|(word, _)| word == "ENV").flat_map(|(_, rest)| rest.split_whitespace());
    set.filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The program of the image, as its entrypoint names it.
pub fn program() -> String {
    let entrypoint: Value = serde_json::from_str(stages().pop().unwrap().instruction("ENTRYPOINT")).unwrap();
    let path = entrypoint[0].as_str().unwrap().to_owned();
    Path::new(&path).file_name().unwrap().to_string_lossy().into_owned()
}

impl Stage {
    fn instruction(&self, word: &str) -> &str {
        let found = self.instructions.iter().find(|(it, _)| it == word);
        found.map(|(_, rest)| rest.as_str()).unwrap_or_else(|| panic!("the last stage has no {word}"))
    }
}

fn instructions(word: &str) -> Vec<(String, String)> {
    stages().into_iter().flat_map(|stage| stage.instructions).filter(|(it, _)| it == word).collect()
}

fn stages() -> Vec<Stage> {
    let text = read("deploy/Dockerfile");
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let joined = kept.join("\n").replace("\\\n", " ");
    let mut stages: Vec<Stage> = Vec::new();
    for line in joined.lines().filter(|line| !line.trim().is_empty()) {
        let (word, rest) = line.split_once(' ').unwrap();
        if word == "FROM" {
            let (base, name) = rest.split_once(" AS ").unwrap_or((rest, ""));
            stages.push(Stage { name: name.to_owned(), base: base.to_owned(), instructions: Vec::new() });
        } else {
            let stage = stages.last_mut().expect("FROM comes first");
            stage.instructions.push((word.to_owned(), rest.trim().to_owned()));
        }
    }
    stages
}
