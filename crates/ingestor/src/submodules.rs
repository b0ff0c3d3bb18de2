//! Git submodules of modules that want them: fetched from the server of their repository, with the same credentials, into
//! mirrors inside that of the repository, whose lock guards them too.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use domain::Error;
use git_source::{EntryKind, Mirror, Remote, TreeEntry};
use job_runner::child::Failure;
use sha2::{Digest, Sha256};

use crate::{git_messages::ArchiveItem, mirrors};

const FOLDER: &str = "submodules";
const FILE: &str = ".gitmodules";
const LARGEST_FILE: u64 = 256 * 1024;
/// Submodules of one repository.
const MOST: usize = 200;
/// What all of them together may take on the disk, in bytes, with those of earlier lists.
const MOST_BYTES: u64 = 4 << 30;
/// As for any mirror: each fetch that brings something adds a pack.
const MOST_PACKS: usize = 50;
/// For one list; what comes later is tried again by itself.
const TIME: Duration = Duration::from_secs(300);
/// Submodules of submodules.
const DEEPEST: usize = 5;

/// Where the content of a submodule is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) commit: String,
}

/// What was found for each submodule, by the commit that holds it and its path there.
#[derive(Default)]
pub(crate) struct Submodules(HashMap<Place, BTreeMap<String, Result<Place, Failure>>>);

impl Submodules {
    pub(crate) fn of(&self, holder: &Place) -> Option<&BTreeMap<String, Result<Place, Failure>>> {
        self.0.get(holder)
    }
}

/// The mirror of a submodule of the repository mirrored at `mirror`.
pub(crate) fn mirror_path(mirror: &Path, url: &str) -> PathBuf {
    mirror.join(FOLDER).join(format!("{}.git", hex::encode(Sha256::digest(url))))
}

/// A repository that may have submodules.
pub(crate) struct Parent<'a> {
    pub(crate) remote: &'a Remote,
    /// The address below which its server has repositories.
    pub(crate) base: &'a str,
    pub(crate) mirror: &'a Path,
}

/// Fetches what the archives of `items` need. Before each fetch `waits` is called: it may take long.
pub(crate) fn fetch(
    parent: &Parent<'_>,
    items: &[ArchiveItem],
    waits: &mut dyn FnMut() -> io::Result<()>,
) -> io::Result<Submodules> {
    let deadline = Instant::now() + TIME;
    let mut fetcher = Fetcher { parent, waits, deadline, found: Submodules::default(), fetched: HashMap::new() };
    let wanted: Vec<&ArchiveItem> = items.iter().filter(|item| item.submodules).collect();
    if wanted.is_empty() {
        return Ok(fetcher.found);
    }
    // What is wrong with the repository itself shows when its archives are made.
    let Ok(own) = Mirror::open(parent.mirror) else { return Ok(fetcher.found) };
    // A cache: what is needed of it comes again.
    let folder = parent.mirror.join(FOLDER);
    if size_of(&folder)? > MOST_BYTES / 2 {
        fs::remove_dir_all(&folder)?;
    }
    for item in wanted {
        let place = Place { url: parent.remote.url.clone(), commit: item.commit.clone() };
        fetcher.visit(&own, &place, 0)?;
    }
    Ok(fetcher.found)
}

struct Fetcher<'a> {
    parent: &'a Parent<'a>,
    waits: &'a mut dyn FnMut() -> io::Result<()>,
    deadline: Instant,
    found: Submodules,
    fetched: HashMap<Place, Result<(), Failure>>,
}

impl Fetcher<'_> {
    fn visit(&mut self, mirror: &Mirror, holder: &Place, depth: usize) -> io::Result<()> {
        if self.found.0.contains_key(holder) {
            return Ok(());
        }
        let Ok(entries) = mirror.list_tree(&holder.commit, "") else { return Ok(()) };
        let is_submodule = |entry: &&TreeEntry| entry.kind == EntryKind::Submodule && entry.flaw.is_none();
        let submodules: Vec<&TreeEntry> = entries.iter().filter(is_submodule).collect();
        if submodules.is_empty() {
            return Ok(());
        }
        let is_too_many = submodules.len() > MOST;
        let addresses = read_addresses(mirror, &entries);
        let mut found = BTreeMap::new();
        for entry in submodules {
            let written = addresses.get(&entry.path).map(String::as_str);
            if is_too_many {
                let reason = format!("the repository has more than {MOST}");
                found.insert(entry.path.clone(), Err(Error::Refused { reason }.into()));
                continue;
            }
            let place = match self.place(holder, written, entry.id.to_string()) {
                Ok(place) => self.fetch_one(&place, depth)?.map(|()| place),
                Err(error) => Err(error.into()),
            };
            found.insert(entry.path.clone(), place);
        }
        let fetched: Vec<Place> = found.values().flatten().cloned().collect();
        self.found.0.insert(holder.clone(), found);
        for place in fetched {
            // It was just written.
            let Ok(mirror) = Mirror::open(&mirror_path(self.parent.mirror, &place.url)) else { continue };
            self.visit(&mirror, &place, depth + 1)?;
        }
        Ok(())
    }

    fn place(&self, holder: &Place, written: Option<&str>, commit: String) -> Result<Place, Error> {
        let Some(written) = written else {
            return Err(Error::Refused { reason: format!("{FILE} does not say where it comes from") });
        };
        Ok(Place { url: git_source::resolve_submodule(self.parent.base, &holder.url, written)?, commit })
    }

    fn fetch_one(&mut self, place: &Place, depth: usize) -> io::Result<Result<(), Failure>> {
        if let Some(known) = self.fetched.get(place) {
            return Ok(known.clone());
        }
        let refuse = |reason: String| Err(Error::Refused { reason });
        let fetched = if depth >= DEEPEST {
            refuse(format!("it is a submodule of more than {DEEPEST} others"))
        } else if Instant::now() >= self.deadline {
            Err(Error::unavailable("fetching a Git submodule", "the time for those of one look is over"))
        } else if size_of(&self.parent.mirror.join(FOLDER))? > MOST_BYTES {
            refuse(format!("the submodules of the repository take more than {} GiB", MOST_BYTES >> 30))
        } else {
            (self.waits)()?;
            let remote = Remote { url: place.url.clone(), ..self.parent.remote.clone() };
            open(&mirror_path(self.parent.mirror, &place.url))
                .and_then(|mirror| mirror.fetch_commit(&remote, &place.commit))
        };
        let fetched = fetched.map_err(Failure::from);
        self.fetched.insert(place.clone(), fetched.clone());
        Ok(fetched)
    }
}

/// The mirror, made anew if it fell into too many pieces.
fn open(path: &Path) -> Result<Mirror, Error> {
    let mirror = Mirror::open(path)?;
    if mirror.pack_count()? <= MOST_PACKS {
        return Ok(mirror);
    }
    drop(mirror);
    fs::remove_dir_all(path).map_err(|source| Error::unavailable("making the mirror of a submodule anew", source))?;
    Mirror::open(path)
}

fn size_of(folder: &Path) -> io::Result<u64> {
    if folder.is_dir() { mirrors::size_of(folder) } else { Ok(0) }
}

fn read_addresses(mirror: &Mirror, entries: &[TreeEntry]) -> BTreeMap<String, String> {
    let file = entries.iter().find(|entry| entry.path == FILE && entry.kind == EntryKind::File);
    let text = file.and_then(|entry| mirror.read_blob(entry.id, LARGEST_FILE).ok());
    text.map(|text| git_source::parse_gitmodules(&text)).unwrap_or_default()
}
