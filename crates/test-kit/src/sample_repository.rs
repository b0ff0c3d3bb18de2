//! Repositories made to measure. Commits have fixed authors and dates, so the same calls give the same ids.

use std::cell::Cell;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::git_command::git;

const FIRST_COMMIT: u64 = 1_700_000_000;

/// A bare repository with the branch `main`.
pub struct SampleRepository {
    path: PathBuf,
    time: Cell<u64>,
}

impl SampleRepository {
    /// An empty repository at `directory/name`.
    pub fn create(directory: &Path, name: &str) -> Result<Self> {
        let path = directory.join(name);
        std::fs::create_dir_all(&path)?;
        git(&path, FIRST_COMMIT, &["init", "--quiet", "--bare", "--initial-branch=main"], b"")?;
        Ok(Self { path, time: Cell::new(FIRST_COMMIT) })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Commits these files on top of what is there and returns the commit's id.
    pub fn commit(&self, files: &[(&str, &str)]) -> Result<String> {
        self.commit_on("main", files)
    }

    /// The same on another branch.
    pub fn commit_on(&self, branch: &str, files: &[(&str, &str)]) -> Result<String> {
        let entries: Vec<_> = files.iter().map(|(path, content)| ("100644", *path, content.as_bytes())).collect();
        self.import(branch, &entries)
    }

    /// The same with modes: `100644`, `100755`, `120000` with the target of the link as content, `160000` with the id
    /// of a commit as content.
    pub fn commit_modes(&self, entries: &[(&str, &str, &[u8])]) -> Result<String> {
        self.import("main", entries)
    }

    fn import(&self, branch: &str, entries: &[(&str, &str, &[u8])]) -> Result<String> {
        let (time, branch) = (self.tick(), format!("refs/heads/{branch}"));
        let mut stream = format!("commit {branch}\ncommitter Sample <sample@example.com> {time} +0000\n");
        stream.push_str("data 6\nSample\n");
        if self.git(&["rev-parse", "--verify", "--quiet", &branch], b"").is_ok() {
            stream.push_str(&format!("from {branch}^0\n"));
        }
        let mut stream = stream.into_bytes();
        for (mode, path, content) in entries {
            if *mode == "160000" {
                stream.extend(format!("M {mode} {} {path}\n", String::from_utf8_lossy(content)).bytes());
            } else {
                stream.extend(format!("M {mode} inline {path}\ndata {}\n", content.len()).bytes());
                stream.extend_from_slice(content);
                stream.push(b'\n');
            }
        }
        self.git(&["fast-import", "--quiet", "--force", "--date-format=raw"], &stream)?;
        self.git(&["rev-parse", &branch], b"")
    }

    /// Releases 1.0.0, 1.1.0 and 1.10.0 of a module with a submodule, each with a README of its own.
    pub fn release_three_times(&self) -> Result<()> {
        for tag in ["v1.0.0", "v1.1.0", "v1.10.0"] {
            let readme = format!("# Release {tag}\n");
            let (main, part) = ("variable \"name\" {}\n", "variable \"size\" {}\n");
            self.commit(&[("README.md", &readme), ("main.tf", main), ("modules/part/main.tf", part)])?;
            self.tag(tag)?;
        }
        Ok(())
    }

    /// Stores a file that no tree holds yet.
    pub fn blob(&self, content: &[u8]) -> Result<String> {
        self.git(&["hash-object", "-w", "--stdin"], content)
    }

    /// Stores a tree of (mode, id, name) that nothing checks: any name, any missing object.
    pub fn raw_tree(&self, entries: &[(&str, &str, &[u8])]) -> Result<String> {
        let mut tree = Vec::new();
        for (mode, id, name) in entries {
            tree.extend_from_slice(mode.trim_start_matches('0').as_bytes());
            tree.push(b' ');
            tree.extend_from_slice(name);
            tree.push(0);
            for position in (0..id.len()).step_by(2) {
                tree.push(u8::from_str_radix(&id[position..position + 2], 16)?);
            }
        }
        self.git(&["hash-object", "-w", "--literally", "-t", "tree", "--stdin"], &tree)
    }

    /// Makes `tree` the whole content of a new commit on `main`.
    pub fn commit_tree(&self, tree: &str) -> Result<String> {
        self.tick();
        let commit = self.git(&["commit-tree", "-m", "Sample", tree], b"")?;
        self.git(&["update-ref", "refs/heads/main", &commit], b"")?;
        Ok(commit)
    }

    /// Makes or moves a tag to the newest commit.
    pub fn tag(&self, name: &str) -> Result<()> {
        self.tag_at(name, "refs/heads/main")
    }

    /// Makes or moves a tag to any object.
    pub fn tag_at(&self, name: &str, object: &str) -> Result<()> {
        self.git(&["update-ref", &format!("refs/tags/{name}"), object], b"").map(drop)
    }

    /// Many tags of the newest commit, in one go.
    pub fn tag_many(&self, names: impl IntoIterator<Item = String>) -> Result<()> {
        let commit = self.git(&["rev-parse", "refs/heads/main"], b"")?;
        let mut commands = String::new();
        for name in names {
            writeln!(commands, "create refs/tags/{name} {commit}")?;
        }
        self.git(&["update-ref", "--stdin"], commands.as_bytes()).map(drop)
    }

    /// Makes or moves a tag that has an object of its own.
    pub fn annotated_tag(&self, name: &str) -> Result<()> {
        self.git(&["tag", "--force", "--annotate", "-m", "Sample", name, "refs/heads/main"], b"").map(drop)
    }

    pub fn delete_tag(&self, name: &str) -> Result<()> {
        self.git(&["update-ref", "-d", &format!("refs/tags/{name}")], b"").map(drop)
    }

    /// Any git command in the repository.
    pub fn git(&self, arguments: &[&str], input: &[u8]) -> Result<String> {
        git(&self.path, self.time.get(), arguments, input)
    }

    fn tick(&self) -> u64 {
        self.time.set(self.time.get() + 60);
        self.time.get()
    }
}
