//! The folder of mirrors: a cache, so what was not used for long goes when it grows too large.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// All mirrors together, in bytes.
const MOST_BYTES: u64 = 20 * 1024 * 1024 * 1024;

struct Mirror {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

/// Removes the mirrors that were not used for longest until the rest fits. Those in use stay. Blocks.
pub(crate) fn trim(folder: &Path) -> io::Result<()> {
    trim_to(folder, MOST_BYTES)
}

fn trim_to(folder: &Path, most: u64) -> io::Result<()> {
    let mut mirrors = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "git") {
            // The lock is made anew with every use.
            let used = fs::metadata(path.with_extension("lock")).and_then(|lock| lock.modified());
            mirrors.push(Mirror { bytes: size_of(&path)?, used: used.unwrap_or(SystemTime::UNIX_EPOCH), path });
        }
    }
    mirrors.sort_by_key(|mirror| mirror.used);
    let mut total: u64 = mirrors.iter().map(|mirror| mirror.bytes).sum();
    for mirror in mirrors {
        if total <= most {
            break;
        }
        let lock = File::options().create(true).append(true).open(mirror.path.with_extension("lock"))?;
        if lock.try_lock().is_ok() {
            fs::remove_dir_all(&mirror.path)?;
            total -= mirror.bytes;
            tracing::info!(mirror = %mirror.path.display(), "Removed a mirror that was not used for long");
        }
    }
    Ok(())
}

pub(crate) fn size_of(folder: &Path) -> io::Result<u64> {
    let mut total = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let size = if kind.is_dir() { size_of(&entry.path()) } else { entry.metadata().map(|it| it.len()) };
        total += match size {
            // A fetch under way makes and removes files.
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            other => other?,
        };
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_unused_for_longest_goes_first_and_one_in_use_stays() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str, hour: u64| {
            fs::create_dir(folder.path().join(format!("{name}.git"))).unwrap();
            fs::write(folder.path().join(format!("{name}.git/pack")), [0; 1000]).unwrap();
            let lock = File::create(folder.path().join(format!("{name}.lock"))).unwrap();
            lock.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(hour * 3600)).unwrap();
            lock
        };
        let in_use = make("oldest", 1);
        in_use.lock().unwrap();
        drop((make("old", 2), make("new", 3)));

        trim_to(folder.path(), 2000).unwrap();

        let left = |name: &str| folder.path().join(format!("{name}.git")).exists();
        assert_eq!((left("oldest"), left("old"), left("new")), (true, false, true));
    }
}
