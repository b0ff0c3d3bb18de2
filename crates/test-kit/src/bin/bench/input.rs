//! The repository that is published: a copy of a real one, or one that is made on the spot.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use test_kit::SampleRepository;

use crate::{
    processes::{finish, plain},
    synthetic_module,
};

/// What the copy is called.
pub(crate) const IDENTIFIER: &str = "terraform-bench-module";

pub(crate) struct Input {
    /// The folder that the Git server shows.
    pub(crate) root: PathBuf,
    pub(crate) tags: Vec<String>,
    pub(crate) description: String,
    repository: SampleRepository,
}

impl Input {
    /// The given repository is only read.
    pub(crate) fn prepare(scratch: &Path, given: Option<&Path>) -> Result<Self> {
        let root = scratch.join("repositories");
        std::fs::create_dir(&root)?;
        let name = format!("{IDENTIFIER}.git");
        if let Some(given) = given {
            let mut clone = plain("git");
            clone.args(["clone", "--quiet", "--mirror", "--no-hardlinks"]).arg(given).arg(root.join(&name));
            finish(&mut clone).with_context(|| format!("copying {}", given.display()))?;
        }
        // Does nothing to a repository that is there.
        let repository = SampleRepository::create(&root, &name)?;
        if given.is_none() {
            synthetic_module::fill(&repository)?;
        }
        let listed = repository.git(&["tag", "--list", "--sort=version:refname"], b"")?;
        let tags: Vec<String> = listed.lines().map(str::to_owned).collect();
        ensure!(!tags.is_empty(), "the repository has no tags");
        let shown = given.map_or("a synthetic module".to_owned(), |path| path.display().to_string());
        let description = format!("{shown}, {} tags", tags.len());
        Ok(Self { root, tags, description, repository })
    }

    pub(crate) fn path(&self) -> &Path {
        self.repository.path()
    }

    /// A release after all others, with two changed files.
    pub(crate) fn add_release(&self, version: &str) -> Result<()> {
        let newest = self.tags.last().context("no tags")?;
        let main = self.repository.git(&["cat-file", "blob", &format!("{newest}:main.tf")], b"").unwrap_or_default();
        let main = format!("{main}\n\nlocals {{\n  release_of_the_bench = \"{version}\"\n}}\n");
        let note = format!("Release {version}\n");
        let stream = format!(
            "commit refs/bench/{version}\ncommitter Bench <bench@example.com> 1800000000 +0000\ndata 5\nBench\n\
             from refs/tags/{newest}^0\nM 100644 inline main.tf\ndata {}\n{main}\n\
             M 100644 inline NEWS.md\ndata {}\n{note}\n\
             reset refs/tags/v{version}\nfrom refs/bench/{version}\n\n",
            main.len(),
            note.len()
        );
        self.repository.git(&["fast-import", "--quiet", "--date-format=raw"], stream.as_bytes()).map(drop)
    }

    pub(crate) fn remove_release(&self, version: &str) -> Result<()> {
        self.repository.delete_tag(&format!("v{version}"))?;
        self.repository.git(&["update-ref", "-d", &format!("refs/bench/{version}")], b"").map(drop)
    }
}
