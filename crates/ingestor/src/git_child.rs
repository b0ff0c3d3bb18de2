//! The inside of a Git child: fetches one repository, then makes archives from its objects.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

use archive::Limits;
use bytes::Bytes;
use domain::Error;
use git_source::{Mirror, Remote};
use job_runner::child::{Failure, Parent};

use crate::{
    forest::Forest,
    git_messages::{ArchiveItem, GitAnswer, GitRequest},
    submodules::{self, Submodules},
    tree_archive::{Shared, Unmade, archive_item},
};

/// Archives made at the same time: what the machine can do, but no more memory than a few archives need.
const MOST_THREADS: usize = 4;
/// Each fetch that brings something adds a pack, and each pack is searched for every object.
const MOST_PACKS: usize = 50;

/// Answers one parent until it goes.
pub fn run() -> io::Result<()> {
    let mut parent = Parent::meet()?;
    let mut open: Option<Opened> = None;
    while let Some(frame) = parent.receive()? {
        match frame.header()? {
            GitRequest::Fetch { remote, mirror, base, branches, allowed, trust, limits } => {
                let answer = git_source::init(allowed, trust, limits)
                    .and_then(|()| Opened::lock(Path::new(&mirror), remote, base))
                    .and_then(|opened| {
                        let refs = opened.mirror()?.fetch(&opened.remote, &branches)?;
                        open = Some(opened);
                        Ok(GitAnswer::Fetched { refs })
                    })
                    .unwrap_or_else(|error| GitAnswer::Failed(error.into()));
                parent.send(&answer, Bytes::new())?;
            }
            GitRequest::Submodules { items } => {
                let opened = open.as_mut().ok_or_else(nothing_fetched)?;
                let repository =
                    submodules::Parent { remote: &opened.remote, base: &opened.base, mirror: &opened.path };
                let mut waits = || parent.send(&GitAnswer::Fetching, Bytes::new());
                opened.submodules = submodules::fetch(&repository, &items, &mut waits)?;
                parent.send(&GitAnswer::SubmodulesFetched, Bytes::new())?;
            }
            GitRequest::Archive { items, limits } => {
                let opened = open.as_ref().ok_or_else(nothing_fetched)?;
                archive_all(&mut parent, opened, &items, limits)?;
                parent.send(&GitAnswer::Done, Bytes::new())?;
            }
        }
    }
    Ok(())
}

fn nothing_fetched() -> io::Error {
    io::Error::other("nothing was fetched yet")
}

/// A mirror that no other process uses while this lives: the kernel frees the lock of whoever dies.
struct Opened {
    path: PathBuf,
    remote: Remote,
    base: String,
    submodules: Submodules,
    _lock: File,
}

impl Opened {
    fn lock(mirror: &Path, remote: Remote, base: String) -> Result<Self, Error> {
        let during = "locking the mirror of the repository";
        let lock = File::create(mirror.with_extension("lock")).map_err(|source| Error::unavailable(during, source))?;
        lock.lock().map_err(|source| Error::unavailable(during, source))?;
        Ok(Self { path: mirror.to_owned(), remote, base, submodules: Submodules::default(), _lock: lock })
    }

    /// The mirror, made anew if it fell into too many pieces.
    fn mirror(&self) -> Result<Mirror, Error> {
        let mirror = Mirror::open(&self.path)?;
        if mirror.pack_count()? <= MOST_PACKS {
            return Ok(mirror);
        }
        drop(mirror);
        std::fs::remove_dir_all(&self.path)
            .map_err(|source| Error::unavailable("making the mirror of the repository anew", source))?;
        Mirror::open(&self.path)
    }
}

fn archive_all(parent: &mut Parent, opened: &Opened, items: &[ArchiveItem], limits: Limits) -> io::Result<()> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS).min(items.len());
    let next = AtomicUsize::new(0);
    let shared = Shared::default();
    // Small, so that threads wait for the parent rather than pile up archives.
    let (answers, ready) = mpsc::sync_channel(threads);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (answers, next, shared, limits) = (answers.clone(), &next, &shared, &limits);
            scope.spawn(move || work(opened, items, limits, (next, shared, answers)));
        }
        drop(answers);
        for (answer, body) in ready {
            parent.send(&answer, body)?;
        }
        Ok(())
    })
}

type Common<'a> = (&'a AtomicUsize, &'a Shared, mpsc::SyncSender<(GitAnswer, Bytes)>);

/// Takes items until there are none, or until the parent is gone.
fn work(opened: &Opened, items: &[ArchiveItem], limits: &Limits, (next, shared, answers): Common<'_>) {
    let mut forest = Forest::open(&opened.path, &opened.remote.url, &opened.submodules).map_err(Failure::from);
    while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
        let version = item.version.clone();
        if answers.send((GitAnswer::Started { version: version.clone() }, Bytes::new())).is_err() {
            return;
        }
        let made = match &mut forest {
            Ok(forest) => archive_item(forest, item, limits, shared),
            Err(failure) => Err(Unmade::Failed(failure.clone())),
        };
        let answer = match made {
            Ok((archive, bytes)) => (GitAnswer::Archived { version, archive }, bytes),
            Err(Unmade::Failed(failure)) => (GitAnswer::Rejected { version, failure }, Bytes::new()),
            Err(Unmade::Waits(failure)) => (GitAnswer::Waits { version, failure }, Bytes::new()),
        };
        if answers.send(answer).is_err() {
            return;
        }
    }
}
