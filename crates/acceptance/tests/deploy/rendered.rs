//! What `deploy/check` left in `.cache/deploy`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Both renderings: what holds for one holds for the other.
pub const RENDERINGS: [&str; 2] = ["base", "small"];

/// Kinds of ours that have pods; the engines of the overlay are stateful sets.
pub const OURS: [&str; 2] = ["Deployment", "Job"];

/// All objects of a rendering.
pub fn objects(rendering: &str) -> Vec<Value> {
    let Value::Array(objects) = checked(rendering) else { panic!("{rendering}.json holds no list") };
    objects
}

pub fn of_kind(rendering: &str, kinds: &[&str]) -> Vec<Value> {
    let found: Vec<Value> = objects(rendering).into_iter().filter(|it| kinds.contains(&text(&it["kind"]))).collect();
    assert!(!found.is_empty(), "{rendering} has no {kinds:?}");
    found
}

/// As the compose file has it, with its anchors resolved and its variables not.
pub fn compose() -> Value {
    checked("compose")
}

/// The object with this name, and there must be one.
pub fn named<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let is_it = |it: &&Value| text(&it["kind"]) == kind && text(&it["metadata"]["name"]) == name;
    objects.iter().find(is_it).unwrap_or_else(|| panic!("there is no {kind} called {name:?}"))
}

/// For messages: the kind and the name.
pub fn title(object: &Value) -> String {
    format!("{} {}", text(&object["kind"]), text(&object["metadata"]["name"]))
}

pub fn pod(object: &Value) -> &Value {
    &object["spec"]["template"]["spec"]
}

/// Its only container.
pub fn container(object: &Value) -> &Value {
    let containers = list(&pod(object)["containers"]);
    assert_eq!(containers.len(), 1, "containers of {}", title(object));
    &containers[0]
}

pub fn role(object: &Value) -> &str {
    text(&object["spec"]["template"]["metadata"]["labels"]["quarry.role"])
}

/// Empty if there is none.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Empty if there is none.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().into()
}

pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Lines `NAME=value` of an environment file, without comments.
pub fn environment_lines(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn checked(name: &str) -> Value {
    let out = root().join(".cache/deploy");
    let path = out.join(name).with_extension("json");
    let Ok(json) = fs::read_to_string(&path) else {
        panic!("{} is missing: run the tests with `make test`, or deploy/check before this one", path.display())
    };
    is_of_today(&root().join("deploy/kubernetes"), &out.join("kubernetes"));
    is_of_today(&root().join("deploy/compose.yaml"), &out.join("compose.yaml"));
    serde_json::from_str(&json).unwrap()
}

/// Whether the copy that was rendered is what lies in `deploy/` now.
fn is_of_today(source: &Path, copy: &Path) {
    if source.is_dir() {
        for entry in fs::read_dir(source).unwrap().map(Result::unwrap) {
            // Whoever has real secrets there: the check took those of the example.
            if entry.file_name() != "secrets.env" {
                is_of_today(&entry.path(), &copy.join(entry.file_name()));
            }
        }
    } else {
        let same = fs::read(source).unwrap() == fs::read(copy).unwrap_or_default();
        assert!(same, "{} has changed since it was checked: run deploy/check", source.display());
    }
}
