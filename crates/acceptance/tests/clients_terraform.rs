//! The `terraform` on the PATH, whichever it is, at the outer door of a running registry. It reads only the header of a
//! download.

#[path = "clients/suite.rs"]
mod clients;

use std::path::PathBuf;

fn terraform() -> PathBuf {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join("terraform")).find(|path| path.is_file());
    found.expect("terraform must be on the PATH")
}

clients::installing::installs_with!(terraform());
