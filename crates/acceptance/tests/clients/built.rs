//! Where `make test-clients` puts what it builds.

use std::path::{Path, PathBuf};

/// A client in the version that its `go.mod` pins: `.cache/clients/<name>-<version>`.
///
/// Panics if it was not built.
pub(crate) fn built(name: &str, go_mod: &str, module: &str) -> PathBuf {
    let repository =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("acceptance lies two folders deep");
    let client = repository.join(".cache/clients").join(format!("{name}-{}", pinned(go_mod, module)));
    assert!(client.is_file(), "{} is missing: run `make test-clients`", client.display());
    client
}

/// The version of a module in the text of a `go.mod`, without `v`.
pub(crate) fn pinned<'a>(go_mod: &'a str, module: &str) -> &'a str {
    let versions = go_mod.split(module).filter_map(|rest| rest.strip_prefix(" v"));
    versions.filter_map(|rest| rest.split_whitespace().next()).next().expect("go.mod pins the module")
}
