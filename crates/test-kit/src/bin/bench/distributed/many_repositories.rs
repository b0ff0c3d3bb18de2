//! Forty repositories that look like the one that was given, and of which no two have a release in common.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use test_kit::SampleRepository;

use crate::{
    input::Input,
    processes::{finish, plain},
};

pub(crate) const REPOSITORIES: usize = 40;
/// Of all files of all releases together, so that a run takes seconds, however large the given repository is.
const BYTES: usize = 90_000_000;
const MOST_RELEASES: usize = 8;

pub(crate) struct ManyRepositories {
    /// The folder that a Git server shows, with `copy-0.git` and so on.
    pub(crate) root: PathBuf,
    /// Of each repository.
    pub(crate) releases: usize,
}

/// What the copy is called, without `.git`.
pub(crate) fn identifier(copy: usize) -> String {
    format!("copy-{copy}")
}

impl ManyRepositories {
    /// The newest releases only, with the history between them.
    pub(crate) fn make(scratch: &Path, input: &Input) -> Result<Self> {
        let root = scratch.join("copies");
        let workshop = scratch.join("copies-workshop");
        finish(plain("git").args(["clone", "--quiet", "--mirror"]).arg(input.path()).arg(&workshop))?;
        // Does nothing but make it usable from here.
        let workshop = SampleRepository::create(scratch, "copies-workshop")?;
        let newest = input.tags.last().context("no tags")?;
        let size = size_of_tree(&workshop, newest)?;
        let releases = (BYTES / (REPOSITORIES * size.max(1))).clamp(1, MOST_RELEASES).min(input.tags.len());
        let originals: Vec<Original> = input.tags[input.tags.len() - releases..]
            .iter()
            .map(|tag| Original::read(&workshop, tag))
            .collect::<Result<_>>()?;
        let stream: String = (0..REPOSITORIES).map(|copy| history(copy, &originals)).collect();
        workshop.git(&["fast-import", "--quiet", "--date-format=raw"], stream.as_bytes())?;
        for copy in 0..REPOSITORIES {
            let repository = SampleRepository::create(&root, &format!("{}.git", identifier(copy)))?;
            let from = workshop.path().display().to_string();
            let tags = format!("refs/copies/{copy}/tags/*:refs/tags/*");
            let main = format!("refs/copies/{copy}/main:refs/heads/main");
            repository.git(&["fetch", "--quiet", "--no-tags", "--keep", &from, &tags, &main], b"")?;
        }
        std::fs::remove_dir_all(workshop.path())?;
        Ok(Self { root, releases })
    }
}

struct Original {
    tree: String,
    main: String,
}

impl Original {
    fn read(repository: &SampleRepository, tag: &str) -> Result<Self> {
        let tree = repository.git(&["rev-parse", &format!("{tag}^{{tree}}")], b"")?;
        let main = repository.git(&["cat-file", "blob", &format!("{tag}:main.tf")], b"").unwrap_or_default();
        Ok(Self { tree, main })
    }
}

/// For `git fast-import`: each original with two files changed.
fn history(copy: usize, originals: &[Original]) -> String {
    let mut stream = String::new();
    for (number, Original { tree, main }) in originals.iter().enumerate() {
        let mark = copy * MOST_RELEASES + number + 1;
        let from = if number == 0 { String::new() } else { format!("from :{}\n", mark - 1) };
        let main = format!("{main}\n\nlocals {{\n  copy_of_the_bench = \"{copy}-{number}\"\n}}\n");
        let note = format!("Copy {copy}, release {number}\n");
        let _ = write!(
            stream,
            "commit refs/copies/{copy}/main\nmark :{mark}\n\
             committer Bench <bench@example.com> {} +0000\ndata 5\nBench\n{from}\
             M 040000 {tree} \"\"\nM 100644 inline main.tf\ndata {}\n{main}\nM 100644 inline NEWS.md\ndata {}\n{note}\n\
             reset refs/copies/{copy}/tags/v1.{number}.0\nfrom :{mark}\n\n",
            1_800_000_000 + number,
            main.len(),
            note.len()
        );
    }
    stream
}

fn size_of_tree(repository: &SampleRepository, tag: &str) -> Result<usize> {
    let listed = repository.git(&["ls-tree", "-r", "--format=%(objectsize)", tag], b"")?;
    Ok(listed.lines().filter_map(|size| size.parse::<usize>().ok()).sum())
}
