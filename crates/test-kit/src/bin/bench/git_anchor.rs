//! What somebody without a registry would do: clone, and pack every tag.

use std::{
    path::Path,
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
