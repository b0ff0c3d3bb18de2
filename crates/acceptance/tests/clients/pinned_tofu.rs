//! An OpenTofu that is built from a module which pins it.

use std::path::PathBuf;
use std::process::Command;

use crate::built::{built, pinned};

const MODULE: &str = "github.com/opentofu/opentofu";

/// The program that `make` built for this `go.mod`.
pub(crate) fn tofu(name: &str, go_mod: &str) -> PathBuf {
    built(name, go_mod, MODULE)
}

pub(crate) fn is_as_pinned(tofu: PathBuf, go_mod: &str) {
    let output = Command::new(tofu).arg("version").env_clear().output().expect("tofu starts");
    let answer = String::from_utf8_lossy(&output.stdout);
    assert!(answer.starts_with(&format!("OpenTofu v{}\n", pinned(go_mod, MODULE))), "{answer}");
}
