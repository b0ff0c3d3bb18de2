//! The data directory, which one process has at a time.

use std::{
    fs::{self, File, TryLockError},
    io::Write,
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use anyhow::{Context, bail};

/// Held for as long as the process lives; the kernel frees it whatever happens.
pub(crate) struct DataDir {
    _lock: File,
}

impl DataDir {
    /// Makes the directory if it is missing, open to its owner alone, and takes it.
    pub(crate) fn take(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("the data directory {shown} cannot be made (QUARRY_DATA_DIR)"))?;
        let lock_path = path.join("lock");
        let mut lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .with_context(|| format!("the data directory {shown} cannot be written (QUARRY_DATA_DIR)"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let owner = fs::read_to_string(&lock_path).unwrap_or_default();
                bail!(
                    "the data directory {shown} is in use by another quarry process (pid {}); \
                     stop that one, or give this one its own with QUARRY_DATA_DIR",
                    owner.trim()
                );
            }
            Err(TryLockError::Error(error)) => return Err(error).context("the data directory cannot be locked"),
        }
        lock.set_len(0)?;
        writeln!(lock, "{}", std::process::id())?;
        Ok(Self { _lock: lock })
    }
}
