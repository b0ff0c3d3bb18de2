//! One commit's directory, from Git objects to a canonical archive.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

use archive::{Entry, Limits, Note, Packer, Tree};
use bytes::Bytes;
use domain::Error;
use git_source::{EntryKind, Mirror, ObjectId, TreeEntry};

use crate::{
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
struct BlobCache(Mutex<(HashMap<ObjectId, Bytes>, usize)>);

/// Told at most; a hostile tree can name thousands.
const MOST_SUBMODULE_NOTES: usize = 100;
const MOST_CACHED: usize = 128 * 1024 * 1024;

impl BlobCache {
    fn read(&self, mirror: &Mirror, id: ObjectId, limit: u64) -> Result<Bytes, Error> {
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

/// The archive of one item: what is known about it, and its bytes.
pub(crate) fn archive_item(
    mirror: &Mirror,
    item: &ArchiveItem,
    limits: &Limits,
    shared: &Shared,
) -> Result<(ArchiveFacts, Bytes), Error> {
    let cache = &shared.blobs;
    let (entries, directory) = choose_entries(mirror, item, cache, limits)?;
    let mut tree = Tree::new(limits.clone());
    let mut notes = Vec::new();
    for entry in &entries {
        if let Some(flaw) = entry.flaw {
            return Err(Error::invalid(format!("The repository's entry {:?}", entry.path), flaw));
        }
        let content = match entry.kind {
            EntryKind::File | EntryKind::Executable => Entry::File(read(mirror, entry, limits, cache)?),
            EntryKind::Link => Entry::Link(String::from_utf8_lossy(&read(mirror, entry, limits, cache)?).into_owned()),
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
        committed_at: mirror.commit_time(&item.commit)?,
        notes,
    };
    Ok((facts, packed.bytes.into()))
}

fn read(mirror: &Mirror, entry: &TreeEntry, limits: &Limits, cache: &BlobCache) -> Result<Bytes, Error> {
    cache.read(mirror, entry.id, limits.file).map_err(|error| match error {
        Error::TooLarge { limit, .. } => Error::TooLarge { what: format!("The file {}", entry.path), limit },
        other => other,
    })
}

/// The entries that go into the archive, and where in it the module lives.
fn choose_entries(
    mirror: &Mirror,
    item: &ArchiveItem,
    cache: &BlobCache,
    limits: &Limits,
) -> Result<(Vec<TreeEntry>, String), Error> {
    if item.directory.is_empty() {
        return Ok((mirror.list_tree(&item.commit, "")?, String::new()));
    }
    // Asked for first, because it says clearly when the directory is missing.
    let own = mirror.list_tree(&item.commit, &item.directory)?;
    let all = mirror.list_tree(&item.commit, "")?;
    let by_path: BTreeMap<&str, &TreeEntry> = all.iter().map(|entry| (entry.path.as_str(), entry)).collect();
    let paths: BTreeSet<String> = by_path.keys().map(|path| (*path).to_owned()).collect();
    let layout = find_layout(&paths, &item.directory, |directory| {
        let within = |path: &str| path.rsplit_once('/').map_or("", |(parent, _)| parent) == directory;
        by_path
            .iter()
            .filter(|(path, entry)| within(path) && entry.kind != EntryKind::Submodule && entry.flaw.is_none())
            .filter(|(path, _)| hcl_reader::is_wanted(path, directory))
            .map(|(path, entry)| {
                let name = path.rsplit('/').next().unwrap_or(path);
                Ok((name.to_owned(), cache.read(mirror, entry.id, limits.file)?))
            })
            .collect()
    })?;
    match layout {
        Layout::Directory => Ok((own, String::new())),
        Layout::Repository(directories) => {
            let is_needed = |entry: &TreeEntry| directories.iter().any(|directory| is_within(&entry.path, directory));
            Ok((all.into_iter().filter(is_needed).collect(), item.directory.clone()))
        }
    }
}
