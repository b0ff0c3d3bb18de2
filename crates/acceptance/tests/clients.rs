//! The current OpenTofu, pinned in `clients/go.mod`, at the outer door of a running registry.

#[path = "clients/browser.rs"]
mod browser;
#[path = "clients/built.rs"]
mod built;
#[path = "clients/front.rs"]
mod front;
#[path = "clients/installing.rs"]
mod installing;
#[path = "clients/login.rs"]
mod login;
#[path = "clients/world.rs"]
mod world;

use std::path::PathBuf;
use std::process::Command;

const MODULE: &str = "github.com/opentofu/opentofu";
const GO_MOD: &str = include_str!("../clients/go.mod");

fn tofu() -> PathBuf {
    built::built("tofu", GO_MOD, MODULE)
}

#[test]
fn the_pinned_tofu_is_the_one_that_runs() {
    let output = Command::new(tofu()).arg("version").env_clear().output().expect("tofu starts");
    let answer = String::from_utf8_lossy(&output.stdout);
    assert!(answer.starts_with(&format!("OpenTofu v{}\n", built::pinned(GO_MOD, MODULE))), "{answer}");
}

installing::installs_with!(tofu());
