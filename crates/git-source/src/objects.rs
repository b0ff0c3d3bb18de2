//! Objects on disk, opened without any Git configuration.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use domain::Error;
use git2::{Commit, ErrorClass, ErrorCode, Indexer, ObjectType, Odb, Repository};

use crate::failure;
use crate::object_id::ObjectId;
use crate::packed_refs;

/// Its presence says that the mirror must be made anew.
const DAMAGED: &str = "damaged";
/// Written last when a mirror is made, so that a half-made one shows.
const HEAD: &str = "HEAD";

/// The objects of one mirror.
pub(crate) struct Objects {
    root: PathBuf,
    repository: Repository,
}

impl Objects {
    /// Nothing if there is no mirror or not a whole one.
    pub(crate) fn open(root: &Path) -> Option<Self> {
        if root.join(DAMAGED).exists() || !root.join(HEAD).is_file() || !packs(root).is_dir() {
            return None;
        }
        let odb = Odb::new().ok()?;
        odb.add_disk_alternate(root.join("objects").to_str()?).ok()?;
        let repository = Repository::from_odb(odb).ok()?;
        let objects = Self { root: root.to_owned(), repository };
        let present = packed_refs::objects(root)?.into_iter().all(|id| objects.kind(id).is_some());
        present.then_some(objects)
    }

    /// Lays out an empty bare repository.
    pub(crate) fn create(root: &Path) -> std::io::Result<()> {
        fs::create_dir_all(packs(root))?;
        fs::create_dir_all(root.join("refs"))?;
        fs::write(root.join("config"), "[core]\n\trepositoryformatversion = 0\n\tbare = true\n")?;
        fs::write(root.join(HEAD), "ref: refs/heads/main\n")
    }

    pub(crate) fn repository(&self) -> &Repository {
        &self.repository
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The kind of an object that is here.
    pub(crate) fn kind(&self, id: ObjectId) -> Option<ObjectType> {
        let odb = self.repository.odb().ok()?;
        let oid = id.git().ok()?;
        // Asking for a header without this look goes through the directory of packs again for each missing object.
        if !odb.exists_ext(oid, git2::OdbLookupFlags::NO_REFRESH) {
            return None;
        }
        odb.read_header(oid).ok().map(|(_, kind)| kind)
    }

    pub(crate) fn commit(&self, id: &str) -> Result<Commit<'_>, Error> {
        let oid = id.parse::<ObjectId>()?.git()?;
        self.repository.find_commit(oid).map_err(|error| match error.code() {
            ErrorCode::NotFound => Error::not_found(format!("the commit {id}")),
            _ => self.damaged(error),
        })
    }

    pub(crate) fn blob(&self, id: ObjectId, limit: u64) -> Result<Vec<u8>, Error> {
        let oid = id.git()?;
        let odb = self.repository.odb().map_err(|error| self.damaged(error))?;
        let (size, kind) = odb.read_header(oid).map_err(|error| self.damaged(error))?;
        if kind != ObjectType::Blob {
            return Err(failure::refused(format!("the Git object {id} is listed as a file but is none")));
        }
        if size as u64 > limit {
            return Err(Error::TooLarge { what: format!("the file with the Git object id {id}"), limit });
        }
        let object = odb.read(oid).map_err(|error| self.damaged(error))?;
        Ok(object.data().to_vec())
    }

    /// An object that must be here is not, or is broken. The next `Mirror::open` then makes the mirror anew.
    pub(crate) fn damaged(&self, error: git2::Error) -> Error {
        // If even this fails, the disk is at fault and the next attempt will say so.
        let _ = fs::write(self.root.join(DAMAGED), error.message());
        Error::unavailable("reading the mirror of the repository", error)
    }

    /// Stores a pack that `fill` writes.
    pub(crate) fn store_pack(
        &self,
        deadline: Instant,
        fill: impl FnOnce(&mut dyn FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let directory = packs(&self.root);
        remove_leftovers(&directory).map_err(|error| Error::unavailable("storing a pack", error))?;
        let mut indexer = Indexer::new(None, &directory, 0, false).map_err(|error| bad_pack(&error))?;
        indexer.progress(move |_| Instant::now() < deadline);

        let mut write = |piece: &[u8]| {
            indexer.write_all(piece).map_err(|error| {
                match error.get_ref().and_then(|inner| inner.downcast_ref::<git2::Error>()) {
                    Some(inner) => bad_pack(inner),
                    None => Error::unavailable("storing a pack", error),
                }
            })
        };
        fill(&mut write)?;
        indexer.commit().map_err(|error| bad_pack(&error))?;

        let refreshed = self.repository.odb().and_then(|odb| odb.refresh());
        refreshed.map_err(|error| Error::unavailable("storing a pack", error))
    }

    /// How many packs there are: each fetch that brought something left one.
    pub(crate) fn pack_count(&self) -> Result<usize, Error> {
        let entries = fs::read_dir(packs(&self.root)).map_err(|error| Error::unavailable("counting packs", error))?;
        Ok(entries.flatten().filter(|entry| entry.path().extension().is_some_and(|end| end == "pack")).count())
    }
}

fn packs(root: &Path) -> PathBuf {
    root.join("objects").join("pack")
}

/// A process that is killed while it fetches leaves its unfinished pack.
fn remove_leftovers(directory: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if !path.extension().is_some_and(|end| end == "pack" || end == "idx") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn bad_pack(error: &git2::Error) -> Error {
    match (error.code(), error.class()) {
        (ErrorCode::User, _) => Error::unavailable("storing a pack", "the time for the fetch ran out"),
        (_, ErrorClass::Os | ErrorClass::NoMemory | ErrorClass::Filesystem) => {
            Error::unavailable("storing a pack", error.message().to_owned())
        }
        _ => failure::refused(format!(
            "the Git server sent a damaged pack: {}",
            failure::said(error.message().as_bytes())
        )),
    }
}
