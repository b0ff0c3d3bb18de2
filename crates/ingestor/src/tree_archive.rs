//! One commit's directory, from Git objects to a canonical archive.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

use archive::{Entry, Limits, Note, Packer, Tree};
use bytes::Bytes;
use domain::Error;
use git_source::{EntryKind, Mirror, ObjectId};
use job_runner::child::Failure;

use crate::{
    forest::{Forest, Placed},
    git_messages::{ArchiveFacts, ArchiveItem},
    layout::{Layout, find_layout, is_within},
};

/// What tags share, kept between them.
#[derive(Default)]
pub(crate) struct Shared {
    blobs: BlobCache,
    packer: Packer,
}

/// Bytes of blobs. Emptied when it holds `MOST_CACHED`.
#[derive(Default)]
pub(crate) struct BlobCache(Mutex<(HashMap<ObjectId, Bytes>, usize)>);

/// Told at most; a hostile tree can name thousands.
const MOST_SUBMODULE_NOTES: usize = 100;
const MOST_CACHED: usize = 128 * 1024 * 1024;

impl BlobCache {
    pub(crate) fn read(&self, mirror: &Mirror, id: ObjectId, limit: u64) -> Result<Bytes, Error> {
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).0.get(&id) {
            return Ok(known.clone());
        }
        let bytes = Bytes::from(mirror.read_blob(id, limit)?);
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, size) = &mut *cache;
        if *size + bytes.len() > MOST_CACHED {
            known.clear();
            *size = 0;
        }
        *size += bytes.len();
        known.insert(id, bytes.clone());
        Ok(bytes)
    }
}

/// Why there is no archive.
pub(crate) enum Unmade {
    /// Whatever is done, or until something else is.
    Failed(Failure),
    /// A submodule could not be fetched, which may pass.
    Waits(Failure),
}

impl From<Error> for Unmade {
    fn from(error: Error) -> Self {
        Self::Failed(error.into())
    }
}

/// The archive of one item: what is known about it, and its bytes.
pub(crate) fn archive_item(
    forest: &mut Forest<'_>,
    item: &ArchiveItem,
    limits: &Limits,
    shared: &Shared,
) -> Result<(ArchiveFacts, Bytes), Unmade> {
    let cache = &shared.blobs;
    let (entries, directory) = choose_entries(forest, item, cache, limits)?;
    let mut tree = Tree::new(limits.clone());
    let mut notes = Vec::new();
    for placed in &entries {
        let entry = &placed.entry;
        if let Some(flaw) = entry.flaw {
            return Err(Error::invalid(format!("The repository's entry {:?}", entry.path), flaw).into());
        }
        if let Some(failure) = &placed.failure {
            return Err(without_submodule(&entry.path, failure));
        }
        let content = match entry.kind {
            EntryKind::File | EntryKind::Executable => Entry::File(read(forest, placed, limits, cache)?),
            EntryKind::Link => Entry::Link(String::from_utf8_lossy(&read(forest, placed, limits, cache)?).into_owned()),
            EntryKind::Submodule => {
                if notes.len() < MOST_SUBMODULE_NOTES {
                    let reason = "is a Git submodule, which is not fetched".to_owned();
                    notes.push(Note { path: entry.path.clone(), reason });
                }
                continue;
            }
            EntryKind::Directory => continue,
        };
        tree.insert(&entry.path, content)?;
    }
    let followed = archive::follow_links(tree)?;
    notes.extend(followed.notes);
    let packed = shared.packer.pack(&followed.files, limits)?;
    let facts = ArchiveFacts {
        sha256: hex::encode(packed.sha256),
        tar_sha256: hex::encode(packed.tar_sha256),
        directory,
        committed_at: forest.commit_time(&item.commit)?,
        submodules: item.submodules,
        notes,
    };
    Ok((facts, packed.bytes.into()))
}

fn without_submodule(path: &str, failure: &Failure) -> Unmade {
    let reason = format!("the Git submodule {path} was not fetched: {}", failure.text());
    if failure.is_transient() {
        return Unmade::Waits(Error::unavailable("fetching a Git submodule", reason).into());
    }
    Error::Refused { reason }.into()
}

fn read(forest: &Forest<'_>, placed: &Placed, limits: &Limits, cache: &BlobCache) -> Result<Bytes, Error> {
    forest.read(placed, limits.file, cache).map_err(|error| match error {
        Error::TooLarge { limit, .. } => Error::TooLarge { what: format!("The file {}", placed.entry.path), limit },
        other => other,
    })
}

/// The entries that go into the archive, and where in it the module lives.
fn choose_entries(
    forest: &mut Forest<'_>,
    item: &ArchiveItem,
    cache: &BlobCache,
    limits: &Limits,
) -> Result<(Vec<Placed>, String), Error> {
    if item.directory.is_empty() {
        return Ok((forest.list(item, "")?, String::new()));
    }
    // Asked for first, because it says clearly when the directory is missing.
    let own = forest.list(item, &item.directory)?;
    let all = forest.list(item, "")?;
    let by_path: BTreeMap<&str, &Placed> = all.iter().map(|placed| (placed.entry.path.as_str(), placed)).collect();
    let paths: BTreeSet<String> = by_path.keys().map(|path| (*path).to_owned()).collect();
    let layout = find_layout(&paths, &item.directory, |directory| {
        let within = |path: &str| path.rsplit_once('/').map_or("", |(parent, _)| parent) == directory;
        by_path
            .iter()
            .filter(|(path, placed)| within(path) && placed.is_readable())
            .filter(|(path, _)| hcl_reader::is_wanted(path, directory))
            .map(|(path, placed)| {
                let name = path.rsplit('/').next().unwrap_or(path);
                Ok((name.to_owned(), forest.read(placed, limits.file, cache)?))
            })
            .collect()
    })?;
    match layout {
        Layout::Directory => Ok((own, String::new())),
        Layout::Repository(directories) => {
            let is_needed =
                |placed: &Placed| directories.iter().any(|directory| is_within(&placed.entry.path, directory));
            Ok((all.into_iter().filter(is_needed).collect(), item.directory.clone()))
        }
    }
}
