//! An OpenTofu that reads only the JSON body of a download, pinned in `tofu-old/go.mod`, at the outer door of a registry.

#[path = "clients/built.rs"]
mod built;
#[path = "clients/suite.rs"]
mod clients;
#[path = "clients/pinned_tofu.rs"]
mod pinned_tofu;

use std::path::PathBuf;

const GO_MOD: &str = include_str!("../tofu-old/go.mod");

fn tofu() -> PathBuf {
    pinned_tofu::tofu("tofu-old", GO_MOD)
}

#[test]
fn the_pinned_tofu_is_the_one_that_runs() {
    pinned_tofu::is_as_pinned(tofu(), GO_MOD);
}

clients::installing::installs_with!(tofu());
