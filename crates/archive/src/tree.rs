//! What a Git tree or an upload holds, before links are followed.

use crate::limits::Used;
use crate::note::{Note, Notes};
use crate::{Limits, path};
use bytes::Bytes;
use domain::Error;
use std::collections::{BTreeMap, HashSet};

/// A regular file, or a symbolic link with its target as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    File(Bytes),
    Link(String),
}

/// Entries under clean relative paths, within the limits, and no entry below another.
#[derive(Debug)]
pub struct Tree {
    pub(crate) limits: Limits,
    pub(crate) entries: BTreeMap<String, Entry>,
    /// Every directory above an entry, and those an archive named; without the root.
    pub(crate) directories: HashSet<String>,
    pub(crate) used: Used,
    pub(crate) notes: Notes,
}

impl Tree {
    /// An empty tree.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: BTreeMap::new(),
            directories: HashSet::new(),
            used: Used::default(),
            notes: Notes::default(),
        }
    }

    /// Adds an entry. What is below a `.git` is left out with a note; after any error the tree is of no more use.
    pub fn insert(&mut self, path: &str, entry: Entry) -> Result<(), Error> {
        path::check(path, &self.limits)?;
        if self.leaves_out(path) {
            return Ok(());
        }
        let (entry, size) = match entry {
            Entry::Link(text) => (Entry::Link(self.held(text)), 0),
            Entry::File(body) => {
                let size = body.len() as u64;
                (Entry::File(body), size)
            }
        };
        self.check_size(path, size)?;
        if self.directories.contains(path) {
            return Err(clash(path));
        }
        self.add_parents(path)?;
        self.count(size)?;
        if self.entries.insert(path.to_owned(), entry).is_some() {
            return Err(Error::invalid(path::entry(path), "is there twice: keep one"));
        }
        Ok(())
    }

    /// Adds a directory an archive names; only to find contradictions and to count it.
    pub(crate) fn insert_directory(&mut self, path: &str) -> Result<(), Error> {
        path::check(path, &self.limits)?;
        if self.leaves_out(path) {
            return Ok(());
        }
        self.add_parents(path)?;
        self.add_directory(path).map(drop)
    }

    /// Below a `.git`: told once, and nothing else to do.
    pub(crate) fn leaves_out(&mut self, path: &str) -> bool {
        let Some(git) = path::git_directory(path) else {
            return false;
        };
        self.notes.add(git, "belongs to Git and was left out");
        true
    }

    /// A file of `size` bytes may be at `path`.
    pub(crate) fn check_size(&self, path: &str, size: u64) -> Result<(), Error> {
        if size > self.limits.file {
            return Err(Error::TooLarge { what: path::entry(path), limit: self.limits.file });
        }
        Ok(())
    }

    /// The entry at exactly this path.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// All entries, sorted bytewise by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// What was left out so far.
    pub fn notes(&self) -> &[Note] {
        self.notes.as_slice()
    }

    /// A text too long for any path here points at nothing, so it is not worth its memory.
    fn held(&self, text: String) -> String {
        if text.len() as u64 > self.limits.path {
            return String::new();
        }
        text
    }

    fn add_parents(&mut self, path: &str) -> Result<(), Error> {
        let mut rest = path;
        while let Some((parent, _)) = rest.rsplit_once('/') {
            // A known directory has known parents.
            if !self.add_directory(parent)? {
                break;
            }
            rest = parent;
        }
        Ok(())
    }

    /// False if it was known.
    fn add_directory(&mut self, path: &str) -> Result<bool, Error> {
        if self.directories.contains(path) {
            return Ok(false);
        }
        if self.entries.contains_key(path) {
            return Err(clash(path));
        }
        self.count(0)?;
        self.directories.insert(path.to_owned());
        Ok(true)
    }

    fn count(&mut self, size: u64) -> Result<(), Error> {
        self.used.add(size, &self.limits).map_err(|full| full.error(&self.limits))
    }
}

fn clash(path: &str) -> Error {
    Error::invalid(path::entry(path), "is a directory and also a file or a link: keep one")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Entry {
        Entry::File(Bytes::from_static(b"x"))
    }

    fn small(change: impl FnOnce(&mut Limits)) -> Tree {
        let mut limits = Limits::default();
        change(&mut limits);
        Tree::new(limits)
    }

    #[test]
    fn a_file_and_a_directory_cannot_share_a_path() {
        for (first, second) in [("a", "a/b"), ("a/b", "a"), ("a", "a/b/c"), ("a/b/c", "a")] {
            let mut tree = Tree::new(Limits::default());
            tree.insert(first, file()).unwrap();

            let error = tree.insert(second, file()).unwrap_err().to_string();

            assert!(error.contains("`a` is a directory and also"), "{error}");
        }
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let mut tree = Tree::new(Limits::default());
        tree.insert("a", Entry::Link("..".to_owned())).unwrap();

        tree.insert("a/b", file()).unwrap_err();
    }

    #[test]
    fn a_second_entry_is_refused() {
        let mut tree = Tree::new(Limits::default());
        tree.insert("a/b", file()).unwrap();

        let error = tree.insert("a/b", file()).unwrap_err().to_string();

        assert_eq!(error, "entry `a/b` is there twice: keep one");
    }

    #[test]
    fn git_directories_are_left_out_with_one_note() {
        let mut tree = Tree::new(Limits::default());
        for path in [".git/config", ".git/hooks/x", "sub/.GIT", "main.tf"] {
            tree.insert(path, file()).unwrap();
        }

        let kept: Vec<_> = tree.iter().map(|(path, _)| path).collect();
        let told: Vec<_> = tree.notes().iter().map(|note| note.path.as_str()).collect();
        assert_eq!(kept, ["main.tf"]);
        assert_eq!(told, [".git", "sub/.GIT"]);
    }

    #[test]
    fn entries_count_with_their_directories() {
        let mut tree = small(|limits| limits.entries = 3);
        tree.insert("a/b/c", file()).unwrap();

        let error = tree.insert("d", file()).unwrap_err().to_string();

        assert!(error.contains("limit of 3"), "{error}");
    }

    #[test]
    fn large_files_and_large_trees_are_refused() {
        let mut tree = small(|limits| limits.file = 3);
        let error = tree.insert("a", Entry::File(Bytes::from_static(b"four"))).unwrap_err();
        assert!(matches!(error, Error::TooLarge { limit: 3, .. }));

        let mut tree = small(|limits| limits.unpacked = 2048);
        tree.insert("a", file()).unwrap();
        tree.insert("b", file()).unwrap();
        let error = tree.insert("c", file()).unwrap_err();
        assert!(matches!(error, Error::TooLarge { limit: 2048, .. }));
    }
}
