//! The real clients, pinned in `clients/go.mod`, at the outer door of a running registry.

use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn the_pinned_tofu_is_the_one_that_runs() {
    let output = Command::new(tofu()).arg("version").env_clear().output().expect("tofu starts");
    let answer = String::from_utf8_lossy(&output.stdout);
    assert!(answer.starts_with(&format!("OpenTofu v{}\n", tofu_version())), "{answer}");
}

/// The client that `make clients` built.
fn tofu() -> PathBuf {
    let repository =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("acceptance lies two folders deep");
    let tofu = repository.join(".cache/clients").join(format!("tofu-{}", tofu_version()));
    assert!(tofu.is_file(), "{} is missing: run `make clients`", tofu.display());
    tofu
}

fn tofu_version() -> &'static str {
    let pinned = include_str!("../clients/go.mod").split("opentofu/opentofu v").nth(1);
    pinned.and_then(|rest| rest.split_whitespace().next()).expect("clients/go.mod pins OpenTofu")
}
