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
use git_source::Mirror;
use job_runner::child::Parent;

use crate::{
    git_messages::{ArchiveItem, GitAnswer, GitRequest},
    tree_archive::{Shared, archive_item},
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
            GitRequest::Fetch { remote, mirror, allowed, limits } => {
                let answer = git_source::init(allowed, limits)
                    .and_then(|()| Opened::lock(Path::new(&mirror)))
                    .and_then(|opened| {
                        let refs = opened.mirror()?.fetch(&remote)?;
                        open = Some(opened);
                        Ok(GitAnswer::Fetched { refs })
                    })
                    .unwrap_or_else(|error| GitAnswer::Failed(error.into()));
                parent.send(&answer, Bytes::new())?;
            }
            GitRequest::Archive { items, limits } => {
                let opened = open.as_ref().ok_or_else(|| io::Error::other("nothing was fetched yet"))?;
                archive_all(&mut parent, &opened.path, &items, limits)?;
                parent.send(&GitAnswer::Done, Bytes::new())?;
            }
        }
    }
    Ok(())
}

/// A mirror that no other process uses while this lives: the kernel frees the lock of whoever dies.
struct Opened {
    path: PathBuf,
    _lock: File,
}

impl Opened {
    fn lock(mirror: &Path) -> Result<Self, Error> {
        let during = "locking the mirror of the repository";
        let lock = File::create(mirror.with_extension("lock")).map_err(|source| Error::unavailable(during, source))?;
        lock.lock().map_err(|source| Error::unavailable(during, source))?;
        Ok(Self { path: mirror.to_owned(), _lock: lock })
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

fn archive_all(parent: &mut Parent, mirror: &Path, items: &[ArchiveItem], limits: Limits) -> io::Result<()> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS).min(items.len());
    let next = AtomicUsize::new(0);
    let shared = Shared::default();
    // Small, so that threads wait for the parent rather than pile up archives.
    let (answers, ready) = mpsc::sync_channel(threads);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (answers, next, shared, limits) = (answers.clone(), &next, &shared, &limits);
            scope.spawn(move || work(mirror, items, limits, (next, shared, answers)));
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
fn work(mirror: &Path, items: &[ArchiveItem], limits: &Limits, (next, shared, answers): Common<'_>) {
    let opened = Mirror::open(mirror).map_err(job_runner::child::Failure::from);
    while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
        let version = item.version.clone();
        if answers.send((GitAnswer::Started { version: version.clone() }, Bytes::new())).is_err() {
            return;
        }
        let made = match &opened {
            Ok(mirror) => archive_item(mirror, item, limits, shared).map_err(Into::into),
            Err(failure) => Err(failure.clone()),
        };
        let answer = match made {
            Ok((archive, bytes)) => (GitAnswer::Archived { version, archive }, bytes),
            Err(failure) => (GitAnswer::Rejected { version, failure }, Bytes::new()),
        };
        if answers.send(answer).is_err() {
            return;
        }
    }
}
