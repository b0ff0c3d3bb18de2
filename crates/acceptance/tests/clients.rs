//! The current OpenTofu, pinned in `clients/go.mod`, at the outer door of a running registry.

#[path = "clients/built.rs"]
mod built;
#[path = "clients/suite.rs"]
mod clients;
#[path = "clients/pinned_tofu.rs"]
mod pinned_tofu;

use std::path::PathBuf;

const GO_MOD: &str = include_str!("../clients/go.mod");

fn tofu() -> PathBuf {
    pinned_tofu::tofu("tofu", GO_MOD)
}

#[test]
fn the_pinned_tofu_is_the_one_that_runs() {
    pinned_tofu::is_as_pinned(tofu(), GO_MOD);
}

clients::installing::installs_with!(tofu());
