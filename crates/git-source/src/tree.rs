//! The files of a commit. Trees repeat from tag to tag, so each is read once per mirror.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::Error;

use crate::failure;
use crate::object_id::ObjectId;
use crate::objects::Objects;

/// A tree may hold itself many times over, so what one listing yields must end. Directories count.
const MOST_ENTRIES: usize = 100_000;
const DEEPEST: usize = 128;
const LONGEST_PATH: usize = 4096;
/// Remembered entries; beyond, the memory is emptied.
const MOST_REMEMBERED: usize = 500_000;

/// One thing below the directory that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// Relative to that directory, parted by `/`. For messages only if there is a flaw.
    pub path: String,
    pub kind: EntryKind,
    /// The blob; for a submodule the commit, which is in another repository.
    pub id: ObjectId,
    /// Why the path must not be used, for the user. What is below a flawed directory is not listed.
    pub flaw: Option<&'static str>,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    File,
    Executable,
    /// Symbolic; its blob holds the target.
    Link,
    Submodule,
    /// Only if it has a flaw; other directories show in the paths of what they hold.
    Directory,
}

/// What is directly in a tree.
#[derive(Debug)]
struct Node {
    name: Box<str>,
    kind: EntryKind,
    id: ObjectId,
    flaw: Option<&'static str>,
}

/// The trees read so far.
#[derive(Default)]
pub(crate) struct Listings {
    known: RefCell<HashMap<ObjectId, Arc<[Node]>>>,
    remembered: RefCell<usize>,
}

impl Listings {
    /// Everything below `directory` of the tree of `commit`, in the order of the trees.
    pub(crate) fn list(&self, objects: &Objects, commit: &str, directory: &str) -> Result<Vec<TreeEntry>, Error> {
        let mut tree: ObjectId = objects.commit(commit)?.tree_id().into();
        for name in directory.split('/').filter(|name| !matches!(*name, "" | ".")) {
            let nodes = self.read(objects, tree)?;
            let found = nodes.iter().find(|node| &*node.name == name && node.kind == EntryKind::Directory);
            let found = found.filter(|node| node.flaw.is_none());
            tree = found.ok_or_else(|| Error::not_found(format!("the directory {directory:?} in {commit}")))?.id;
        }
        let mut walk = Walk { objects, listings: self, entries: Vec::new(), visited: 0 };
        walk.descend(tree, "", 0)?;
        Ok(walk.entries)
    }

    fn read(&self, objects: &Objects, id: ObjectId) -> Result<Arc<[Node]>, Error> {
        if let Some(nodes) = self.known.borrow().get(&id) {
            return Ok(Arc::clone(nodes));
        }
        let tree = objects.repository().find_tree(id.git()?).map_err(|error| objects.damaged(error))?;
        let mut names = HashSet::new();
        let nodes: Arc<[Node]> = tree
            .iter()
            .map(|entry| {
                let mut node = node(&entry);
                if !names.insert(entry.name_bytes().to_vec()) {
                    node.flaw = node.flaw.or(Some("is there twice"));
                }
                node
            })
            .collect();
        self.remember(id, &nodes);
        Ok(nodes)
    }

    fn remember(&self, id: ObjectId, nodes: &Arc<[Node]>) {
        let (mut known, mut remembered) = (self.known.borrow_mut(), self.remembered.borrow_mut());
        if *remembered > MOST_REMEMBERED {
            known.clear();
            *remembered = 0;
        }
        *remembered += nodes.len() + 1;
        known.insert(id, Arc::clone(nodes));
    }
}

struct Walk<'a> {
    objects: &'a Objects,
    listings: &'a Listings,
    entries: Vec<TreeEntry>,
    visited: usize,
}

impl Walk<'_> {
    fn descend(&mut self, tree: ObjectId, prefix: &str, depth: usize) -> Result<(), Error> {
        if depth > DEEPEST {
            return Err(failure::refused(format!("the repository has directories more than {DEEPEST} deep")));
        }
        for node in self.listings.read(self.objects, tree)?.iter() {
            self.visited += 1;
            if self.visited > MOST_ENTRIES {
                return Err(failure::refused(format!("the directory has more than {MOST_ENTRIES} entries")));
            }
            let too_long = prefix.len() + node.name.len() > LONGEST_PATH;
            let flaw = if too_long { Some("has a path that is too long") } else { node.flaw };
            let path = if too_long { prefix.to_owned() } else { format!("{prefix}{}", node.name) };
            if node.kind == EntryKind::Directory && flaw.is_none() {
                self.descend(node.id, &format!("{path}/"), depth + 1)?;
            } else {
                self.entries.push(TreeEntry { path, kind: node.kind, id: node.id, flaw });
            }
        }
        Ok(())
    }
}

fn node(entry: &git2::TreeEntry<'_>) -> Node {
    let mode = entry.filemode_raw();
    let (kind, known) = match mode & 0o170_000 {
        0o040_000 => (EntryKind::Directory, true),
        0o120_000 => (EntryKind::Link, true),
        0o160_000 => (EntryKind::Submodule, true),
        0o100_000 if mode & 0o100 != 0 => (EntryKind::Executable, true),
        0o100_000 => (EntryKind::File, true),
        _ => (EntryKind::File, false),
    };
    let unknown = if known { None } else { Some("has a mode that Git does not know") };
    let (name, flaw) = match std::str::from_utf8(entry.name_bytes()) {
        Ok(name) => (name.into(), flaw_of(name).or(unknown)),
        Err(_) => (entry.name_bytes().escape_ascii().to_string().into(), Some("has a name that is not UTF-8")),
    };
    Node { name, kind, id: entry.id().into(), flaw }
}

/// Names that Git itself would refuse to check out, or that no archive may hold.
fn flaw_of(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("has no name"),
        "." | ".." => Some("has a name that leaves its directory"),
        _ if name.eq_ignore_ascii_case(".git") => Some("has the name of a Git directory"),
        _ if name.contains('/') || name.contains('\\') => Some("has a name with a slash in it"),
        _ if name.chars().any(char::is_control) => Some("has a name with a control character in it"),
        _ => None,
    }
}
