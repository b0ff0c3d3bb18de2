//! What somebody without a registry would do: clone, and pack every tag.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::processes::{finish, plain};

const SCRIPT: &str = "
set -e
git clone --quiet --bare \"$1\" clone.git
cd clone.git
number=0
for tag in $(git tag); do
  number=$((number + 1))
  git archive --format=tar.gz --output=\"../$number.tar.gz\" \"$tag\"
done";

/// The time that it takes, in a folder that is gone afterwards.
pub(crate) fn clone_and_archive(scratch: &Path, url: &str) -> Result<Duration> {
    let folder = scratch.join("git-anchor");
    std::fs::create_dir(&folder)?;
    let start = Instant::now();
    finish(plain("sh").args(["-c", SCRIPT, "sh", url]).current_dir(&folder))?;
    let time = start.elapsed();
    std::fs::remove_dir_all(&folder)?;
    Ok(time)
}

/// A clone that somebody keeps up to date.
pub(crate) struct Clone(PathBuf);

impl Clone {
    pub(crate) fn make(folder: &Path, url: &str) -> Result<Self> {
        let path = folder.join("kept.git");
        finish(plain("git").args(["clone", "--quiet", "--bare", url]).arg(&path))?;
        Ok(Self(path))
    }

    /// The time that it takes to bring in what is new.
    pub(crate) fn fetch(&self) -> Result<Duration> {
        let start = Instant::now();
        finish(plain("git").args(["fetch", "--quiet", "--tags", "origin"]).current_dir(&self.0))?;
        Ok(start.elapsed())
    }
}
