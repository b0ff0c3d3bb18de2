//! The trees of a repository with those of its submodules in their places.

use std::{collections::HashMap, path::Path};

use bytes::Bytes;
use domain::Error;
use git_source::{EntryKind, Mirror, TreeEntry};
use job_runner::child::Failure;

use crate::{
    git_messages::ArchiveItem,
    submodules::{Place, Submodules, mirror_path},
    tree_archive::BlobCache,
};

/// What one listing yields must end, whatever is in it how often.
const MOST_ENTRIES: usize = 100_000;

/// An entry, and which mirror has it.
pub(crate) struct Placed {
    pub(crate) entry: TreeEntry,
    mirror: usize,
    /// Why there is nothing to put in the place of a submodule that is wanted.
    pub(crate) failure: Option<Failure>,
}

impl Placed {
    /// Whether there are bytes of it, under a name that may be used.
    pub(crate) fn is_readable(&self) -> bool {
        self.entry.kind != EntryKind::Submodule && self.entry.flaw.is_none()
    }
}

/// Mirrors that one thread reads.
pub(crate) struct Forest<'a> {
    path: &'a Path,
    url: &'a str,
    submodules: &'a Submodules,
    /// Its own first.
    mirrors: Vec<Mirror>,
    by_url: HashMap<String, usize>,
}

impl<'a> Forest<'a> {
    /// Of the repository from `url` that is mirrored at `path`.
    pub(crate) fn open(path: &'a Path, url: &'a str, submodules: &'a Submodules) -> Result<Self, Error> {
        Ok(Self { path, url, submodules, mirrors: vec![Mirror::open(path)?], by_url: HashMap::new() })
    }

    pub(crate) fn commit_time(&self, commit: &str) -> Result<i64, Error> {
        self.mirror(0)?.commit_time(commit)
    }

    /// Everything below `directory` of the commit of `item`.
    pub(crate) fn list(&mut self, item: &ArchiveItem, directory: &str) -> Result<Vec<Placed>, Error> {
        let entries = self.mirror(0)?.list_tree(&item.commit, directory)?;
        let holder = Place { url: self.url.to_owned(), commit: item.commit.clone() };
        let mut all = Vec::with_capacity(entries.len());
        let is_wanted = item.submodules;
        let inside = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        self.add(entries, (0, is_wanted.then_some(&holder), &inside), "", &mut all)?;
        Ok(all)
    }

    pub(crate) fn read(&self, placed: &Placed, limit: u64, cache: &BlobCache) -> Result<Bytes, Error> {
        cache.read(self.mirror(placed.mirror)?, placed.entry.id, limit)
    }

    /// `entries` are of this mirror; of submodules without a holder nothing is known. Their paths in the tree of the holder
    /// begin with `inside`, in the list with `prefix`.
    fn add(
        &mut self,
        entries: Vec<TreeEntry>,
        (mirror, holder, inside): (usize, Option<&Place>, &str),
        prefix: &str,
        all: &mut Vec<Placed>,
    ) -> Result<(), Error> {
        let submodules = self.submodules;
        let found = holder.and_then(|holder| submodules.of(holder));
        for mut entry in entries {
            if all.len() >= MOST_ENTRIES {
                let reason = format!("the directory has more than {MOST_ENTRIES} entries with its submodules");
                return Err(Error::Refused { reason });
            }
            let place = match found {
                Some(found) if entry.kind == EntryKind::Submodule => found.get(&format!("{inside}{}", entry.path)),
                _ => None,
            };
            entry.path.insert_str(0, prefix);
            match place {
                Some(Ok(place)) => {
                    let index = self.open_submodule(&place.url)?;
                    let entries = self.mirror(index)?.list_tree(&place.commit, "")?;
                    self.add(entries, (index, Some(place), ""), &format!("{}/", entry.path), all)?;
                }
                Some(Err(failure)) => all.push(Placed { entry, mirror, failure: Some(failure.clone()) }),
                None => all.push(Placed { entry, mirror, failure: None }),
            }
        }
        Ok(())
    }

    fn open_submodule(&mut self, url: &str) -> Result<usize, Error> {
        if let Some(index) = self.by_url.get(url) {
            return Ok(*index);
        }
        let index = self.mirrors.len();
        self.mirrors.push(Mirror::open(&mirror_path(self.path, url))?);
        self.by_url.insert(url.to_owned(), index);
        Ok(index)
    }

    fn mirror(&self, index: usize) -> Result<&Mirror, Error> {
        self.mirrors.get(index).ok_or_else(|| Error::internal("reading a tree", "it is of no mirror"))
    }
}
