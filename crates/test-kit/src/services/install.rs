//! Where the programs of the servers are, and installing them on a machine that has none.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::Kind;

/// Installs the packages of those servers that this machine cannot run yet. Needs root and apt-get;
/// without them it fails and says what to install.
pub fn install_missing(kinds: &[Kind]) -> Result<()> {
    let mut missing = Vec::new();
    if kinds.contains(&Kind::Postgres) && find_postgres().is_none() {
        missing.push("postgresql");
    }
    if kinds.contains(&Kind::RabbitMq) && (find_rabbitmq().is_none() || find_epmd().is_none()) {
        missing.push("rabbitmq-server");
    }
    if missing.is_empty() {
        return Ok(());
    }
    let packages = missing.join(" and ");
    if !is_root() || find_in_path("apt-get").is_none() {
        bail!("this machine has no {packages}: install the programs of {packages} (Debian's packages of these names)");
    }
    eprintln!("installing {packages} with apt-get");
    apt_get(&["update"])?;
    apt_get(&[&["install", "--yes", "--no-install-recommends"], missing.as_slice()].concat())
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let output = Command::new("apt-get")
        .args(["--quiet", "-o", "DPkg::Lock::Timeout=300"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .output()?;
    if !output.status.success() {
        bail!("apt-get {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The folder with `initdb`, `postgres` and `psql`: the newest of Debian's, else the one in `PATH`.
pub(super) fn find_postgres() -> Option<PathBuf> {
    let version = |folder: &PathBuf| -> Option<u32> { folder.parent()?.file_name()?.to_str()?.parse().ok() };
    let debian = matching("/usr/lib/postgresql", "bin").into_iter().filter(|folder| is_postgres(folder));
    debian.max_by_key(version).or_else(|| {
        let folder = find_in_path("initdb")?.canonicalize().ok()?.parent()?.to_owned();
        is_postgres(&folder).then_some(folder)
    })
}

fn is_postgres(folder: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| folder.join(program).is_file())
}

/// The `psql` of the path, else the one beside the server.
pub(super) fn find_psql() -> Option<PathBuf> {
    find_in_path("psql").or_else(|| Some(find_postgres()?.join("psql")).filter(|path| path.is_file()))
}

/// The start script itself. Debian's program in `PATH` is a wrapper that insists on the system's user and folders.
pub(super) fn find_rabbitmq() -> Option<PathBuf> {
    let debian = PathBuf::from("/usr/lib/rabbitmq/bin/rabbitmq-server");
    if debian.is_file() { Some(debian) } else { find_in_path("rabbitmq-server") }
}

/// Erlang's directory of nodes.
pub(super) fn find_epmd() -> Option<PathBuf> {
    let runtimes = ["/usr/lib/erlang", "/usr/lib64/erlang", "/usr/local/lib/erlang"];
    find_in_path("epmd").or_else(|| runtimes.iter().flat_map(|folder| matching(folder, "bin/epmd")).next())
}

/// `<folder>/*/<end>`, as far as it exists.
fn matching(folder: &str, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path().join(end)).filter(|path| path.exists()).collect()
}

fn find_in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}
