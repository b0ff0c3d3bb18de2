//! One folder of `cases` is one package; its `expected.json` is what it has to say. A bug report becomes a folder.
//!
//! `UPDATE_CASES=1 cargo test -p hcl-reader --test cases` writes what is said now: read the difference before you keep it.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic, also in its helpers")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use hcl_reader::{Package, Reader, is_wanted};
use serde_json::{Value, json};

const EXPECTED: &str = "expected.json";

#[test]
fn every_case_says_what_is_expected() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut reader = Reader::new();
    let mut count = 0;
    for entry in fs::read_dir(cases).unwrap() {
        let case = entry.unwrap().path();
        let mut files = BTreeMap::new();
        load(&case, "", &mut files);

        let first = describe(&reader.read(&files, ""));
        let again = describe(&reader.read(&files, ""));

        assert_eq!(first, again, "{}: remembered otherwise than read", case.display());
        check(&case.join(EXPECTED), &first);
        count += 1;
    }
    assert!(count > 30, "only {count} cases were found");
}

fn check(expected: &Path, actual: &Value) {
    if std::env::var_os("UPDATE_CASES").is_some() {
        fs::write(expected, format!("{actual:#}\n")).unwrap();
    }
    let text = fs::read_to_string(expected).unwrap_or_else(|error| panic!("{}: {error}", expected.display()));
    let expected_value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(*actual, expected_value, "{}", expected.display());
}

/// Only what differs from an argument that is not written, so that a reader sees what a case is about.
fn describe(package: &Package) -> Value {
    let parts = package.parts.iter().map(|part| {
        let mut docs = serde_json::to_value(&*part.docs).unwrap();
        leave_out_defaults(&mut docs);
        json!({"kind": part.kind, "path": part.path, "docs": docs, "readme": part.readme.as_deref()})
    });
    json!({"parts": parts.collect::<Vec<_>>(), "unreadable": package.unreadable})
}

fn leave_out_defaults(docs: &mut Value) {
    match docs {
        Value::Array(values) => values.iter_mut().for_each(leave_out_defaults),
        Value::Object(members) => {
            members.values_mut().for_each(leave_out_defaults);
            members.retain(|name, value| match (name.as_str(), value) {
                ("nullable" | "source_is_literal", value) => *value == json!(false),
                ("line", _) => true,
                (_, value) => {
                    !matches!(value, Value::Null | Value::Bool(false)) && *value != json!("") && *value != json!([])
                }
            });
        }
        _ => {}
    }
}

fn load(directory: &Path, prefix: &str, files: &mut BTreeMap<String, Bytes>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            load(&entry.path(), &format!("{path}/"), files);
        } else if is_wanted(&path, "") {
            files.insert(path, fs::read(entry.path()).unwrap().into());
        }
    }
}
