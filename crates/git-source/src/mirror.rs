//! A bare copy of one remote repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use domain::Error;
use git2::ObjectType;

use crate::advertisement::Advertisement;
use crate::failure;
use crate::negotiation;
use crate::object_id::ObjectId;
use crate::objects::Objects;
use crate::packed_refs;
use crate::refs::{Head, Refs, Tag};
use crate::remote::Remote;
use crate::session::Session;
use crate::settings::settings;
use crate::tree::{Listings, TreeEntry};

/// How a server says that it gives commits that it did not list.
const SINGLE_COMMITS: [&str; 3] = ["allow-any-sha1-in-want", "allow-reachable-sha1-in-want", "allow-tip-sha1-in-want"];

/// As `git upload-pack` refuses one.
const UNKNOWN_OBJECT: &str = "not our ref";

/// Everything that a remote's tags, its default branch and the branches that were asked for reach. Only a cache: what is
/// lost or damaged is fetched again.
pub struct Mirror {
    objects: Objects,
    listings: Listings,
}

impl Mirror {
    /// Opens the mirror at `path`. Where there is none, or not a whole one, whatever is there is removed and an empty
    /// mirror made.
    pub fn open(path: &Path) -> Result<Self, Error> {
        settings()?;
        let objects = match Objects::open(path) {
            Some(objects) => objects,
            None => make_anew(path)?,
        };
        Ok(Self { objects, listings: Listings::default() })
    }

    /// What the remote has now, without fetching any of it. A tag whose object is not here yet is taken for one of a
    /// commit.
    pub fn list_remote(&self, remote: &Remote) -> Result<Refs, Error> {
        let session = Session::start(remote, settings()?)?;
        let advertisement = Advertisement::read(&session, &[])?;
        session.leave();
        Ok(self.refs(&advertisement, true))
    }

    /// Brings in what is missing of all tags, the default branch and these `branches` (without `refs/heads/`; those that are
    /// not there are left out of the answer), and forgets tags that are gone. Afterwards every commit in the answer can
    /// be read.
    pub fn fetch(&self, remote: &Remote, branches: &[String]) -> Result<Refs, Error> {
        let session = Session::start(remote, settings()?)?;
        let advertisement = Advertisement::read(&session, branches)?;
        let (wants, haves) = self.compare(&advertisement);
        if wants.is_empty() {
            session.leave();
        } else {
            self.objects.store_pack(session.deadline, |sink| {
                negotiation::receive_pack(&session, &advertisement, &wants, &haves, sink)
            })?;
        }
        self.check_complete(&advertisement)?;
        packed_refs::write(self.objects.root(), &advertisement)
            .map_err(|error| Error::unavailable("storing the refs of a mirror", error))?;
        Ok(self.refs(&advertisement, false))
    }

    /// Brings in one commit, which need not be on any branch or tag if the server gives single commits, with all that it
    /// needs. `Refused` if it does not, or has no such commit.
    pub fn fetch_commit(&self, remote: &Remote, commit: &str) -> Result<(), Error> {
        let id: ObjectId = commit.parse()?;
        if self.objects.kind(id) == Some(ObjectType::Commit) {
            return Ok(());
        }
        // Most often it is on the default branch or a tag, and others will be.
        self.fetch(remote, &[])?;
        if self.objects.kind(id) == Some(ObjectType::Commit) {
            return Ok(());
        }
        let session = Session::start(remote, settings()?)?;
        let advertisement = Advertisement::read(&session, &[])?;
        let missing = |why| failure::refused(format!("{} has no commit {commit} {why}", session.address));
        if !SINGLE_COMMITS.iter().any(|capability| advertisement.can(capability)) {
            return Err(missing("on a tag or its default branch, and gives no others"));
        }
        let (_, haves) = self.compare(&advertisement);
        let fetched = self.objects.store_pack(session.deadline, |sink| {
            negotiation::receive_pack(&session, &advertisement, &[id], &haves, sink)
        });
        match fetched {
            Ok(()) if self.objects.kind(id) == Some(ObjectType::Commit) => Ok(()),
            Ok(()) => Err(missing("that can be fetched")),
            Err(error) if error.chain().contains(UNKNOWN_OBJECT) => Err(missing("that can be fetched")),
            Err(error) => Err(error),
        }
    }

    /// Everything below `directory` (`""` for all) of the tree of `commit`. Fails with `NotFound` if there is no such
    /// commit or directory.
    pub fn list_tree(&self, commit: &str, directory: &str) -> Result<Vec<TreeEntry>, Error> {
        self.listings.list(&self.objects, commit, directory)
    }

    /// The bytes of a file or the target of a link. Fails with `TooLarge` before reading more than `limit` bytes.
    pub fn read_blob(&self, id: ObjectId, limit: u64) -> Result<Vec<u8>, Error> {
        self.objects.blob(id, limit)
    }

    /// When the commit was made, in seconds since 1970. The author of the repository decides what that is.
    pub fn commit_time(&self, commit: &str) -> Result<i64, Error> {
        Ok(self.objects.commit(commit)?.time().seconds())
    }

    /// Grows by one with each fetch that brought something; a mirror with many is slow and best removed.
    pub fn pack_count(&self) -> Result<usize, Error> {
        self.objects.pack_count()
    }

    /// What to ask for, and which of the offered commits are here already.
    fn compare(&self, advertisement: &Advertisement) -> (Vec<ObjectId>, Vec<ObjectId>) {
        let (mut wants, mut haves) = (BTreeSet::new(), BTreeSet::new());
        for (id, target) in advertisement.objects() {
            if self.objects.kind(target) == Some(ObjectType::Commit) {
                haves.insert(target);
            }
            if self.objects.kind(id).is_none() || self.objects.kind(target).is_none() {
                wants.insert(id);
            }
        }
        (wants.into_iter().collect(), haves.into_iter().collect())
    }

    /// A pack may lack what was asked for.
    fn check_complete(&self, advertisement: &Advertisement) -> Result<(), Error> {
        let mut objects = advertisement.objects().flat_map(|(id, target)| [id, target]);
        match objects.find(|id| self.objects.kind(*id).is_none()) {
            None => Ok(()),
            Some(id) => Err(Error::unavailable("receiving a pack", format!("the pack does not hold {id}"))),
        }
    }

    fn refs(&self, advertisement: &Advertisement, unknown_is_commit: bool) -> Refs {
        let is_commit = |id| self.objects.kind(id).map_or(unknown_is_commit, |kind| kind == ObjectType::Commit);
        let tags = advertisement.tags.iter().filter(|(_, tag)| is_commit(tag.target()));
        let head = advertisement.head.filter(|id| is_commit(*id));
        let named = |(name, id): (&String, &ObjectId)| (name.clone(), id.to_string());
        Refs {
            head: head.map(|id| Head { branch: advertisement.branch.clone(), commit: id.to_string() }),
            branches: advertisement.branches.iter().filter(|(_, id)| is_commit(**id)).map(named).collect(),
            tags: tags.map(|(name, tag)| Tag { name: name.clone(), commit: tag.target().to_string() }).collect(),
        }
    }
}

fn make_anew(path: &Path) -> Result<Objects, Error> {
    let making = |error| Error::unavailable("making a mirror", error);
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path).map_err(making)?,
        Ok(_) => fs::remove_file(path).map_err(making)?,
        Err(_) => {}
    }
    Objects::create(path).map_err(making)?;
    Objects::open(path).ok_or_else(|| Error::internal("making a mirror", "an empty mirror does not open"))
}
