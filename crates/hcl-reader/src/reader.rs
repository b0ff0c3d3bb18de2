//! A whole package, and what is remembered from one to the next: most files do not change from tag to tag.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use domain::{Diagnostic, ModuleDocs, PartKind, Severity};
use sha2::{Digest, Sha256};

use crate::directory::{SourceFile, merge, select};
use crate::facts::FileFacts;
use crate::file::{self, Syntax};
use crate::layout::{locate, relative};
use crate::{limits, readme};

type Hash = [u8; 32];

/// What a package says about itself.
#[derive(Debug, Clone)]
pub struct Package {
    /// The root first, even when it is empty; then submodules, then examples, both in the order of their paths.
    pub parts: Vec<ReadPart>,
    /// Neither the root nor `modules/` holds one readable configuration file.
    pub unreadable: bool,
}

/// One documented directory.
#[derive(Debug, Clone)]
pub struct ReadPart {
    pub kind: PartKind,
    /// Relative to the root of the module; empty for the root itself.
    pub path: String,
    /// Shared with every package whose directory is the same.
    pub docs: Arc<ModuleDocs>,
    pub readme: Option<Arc<str>>,
}

/// Reads packages; reads each distinct file and directory once, as long as its memory allows.
#[derive(Default)]
pub struct Reader {
    files: HashMap<(Hash, Syntax), Arc<FileFacts>>,
    directories: HashMap<Hash, Directory>,
    remembered_bytes: usize,
}

#[derive(Clone)]
struct Directory {
    docs: Arc<ModuleDocs>,
    is_readable: bool,
}

/// The files of one directory, before any is read.
#[derive(Default)]
struct Contents<'a> {
    configuration: BTreeMap<&'a str, &'a Bytes>,
    /// The best README so far.
    readme: Option<(usize, &'a Bytes)>,
}

/// A file that is going to be read, or is known already.
struct Hashed<'a> {
    path: String,
    hash: Hash,
    syntax: Syntax,
    bytes: &'a [u8],
}

/// What one package has cost so far.
#[derive(Default)]
struct Spent {
    files: usize,
    bytes: usize,
    declarations: usize,
    is_exceeded: bool,
}

impl Reader {
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the package whose module lies at `root` (empty: at the top) among `files` (path in the package, separated
    /// by `/` → bytes). Never fails: what cannot be read is missing and has a diagnostic.
    pub fn read(&mut self, files: &BTreeMap<String, Bytes>, root: &str) -> Package {
        let mut package = Package { parts: Vec::new(), unreadable: true };
        let mut spent = Spent::default();
        let directories = directories(files, root);
        let is_part =
            |(place, contents): &(&Place<'_>, &Contents<'_>)| place.0 == 0 || !contents.configuration.is_empty();
        let parts = directories.iter().filter(is_part).count();
        for ((rank, path), contents) in directories.iter().filter(is_part).take(1 + limits::PARTS) {
            if spent.declarations > limits::PACKAGE_DECLARATIONS {
                spent.is_exceeded = true;
                break;
            }
            let directory = self.directory(path, contents, &mut spent);
            spent.declarations += records(&directory.docs);
            let kind = kind(*rank);
            package.unreadable &= kind == PartKind::Example || !directory.is_readable;
            let readme = contents.readme.map(|(_, bytes)| readme::text(bytes));
            package.parts.push(ReadPart { kind, path: (*path).to_owned(), docs: directory.docs, readme });
        }
        if parts > 1 + limits::PARTS {
            package.complain(format!("only the first {} submodules and examples are documented", limits::PARTS));
        }
        if spent.is_exceeded {
            package.complain("the package holds more configuration than is read; some files are left out".to_owned());
        }
        package
    }

    fn directory(&mut self, path: &str, contents: &Contents<'_>, spent: &mut Spent) -> Directory {
        let files = hashed(path, contents, spent);
        let mut digest = Sha256::new();
        for file in &files {
            // With the length before the path, one digest stands for exactly one list of paths and contents.
            digest.update((file.path.len() as u64).to_le_bytes());
            digest.update(file.path.as_bytes());
            digest.update(file.hash);
        }
        let digest: Hash = digest.finalize().into();
        if let Some(known) = self.directories.get(&digest) {
            return known.clone();
        }
        let read = |file: Hashed<'_>| SourceFile { facts: self.file(&file), path: file.path };
        let files: Vec<SourceFile> = files.into_iter().map(read).collect();
        let is_readable = files.iter().any(|file| file.facts.readable);
        let directory = Directory { docs: Arc::new(merge(&files)), is_readable };
        self.remembered_bytes += size(&directory.docs);
        self.directories.insert(digest, directory.clone());
        self.forget_if_full();
        directory
    }

    fn file(&mut self, file: &Hashed<'_>) -> Arc<FileFacts> {
        let key = (file.hash, file.syntax);
        if let Some(known) = self.files.get(&key) {
            return Arc::clone(known);
        }
        let facts = Arc::new(file::read(file.bytes, file.syntax));
        // What a file declares is rarely longer than the file; the rest is for the records around the texts.
        self.remembered_bytes += 512 + 256 * facts.len() + file.bytes.len().min(limits::FILE_BYTES);
        self.files.insert(key, Arc::clone(&facts));
        facts
    }

    fn forget_if_full(&mut self) {
        if self.remembered_bytes > limits::REMEMBERED_BYTES {
            *self = Self::default();
        }
    }
}

impl Package {
    /// A diagnostic about the package as a whole belongs to the root.
    fn complain(&mut self, summary: String) {
        if let Some(root) = self.parts.first_mut() {
            let diagnostic = Diagnostic { severity: Severity::Error, summary, file: String::new(), line: 0 };
            Arc::make_mut(&mut root.docs).diagnostics.push(diagnostic);
        }
    }
}

impl Spent {
    fn allows(&mut self, bytes: &Bytes) -> bool {
        // A file above its own limit is not read, so it costs nothing.
        let cost = if bytes.len() > limits::FILE_BYTES { 0 } else { bytes.len() };
        let is_allowed = self.files < limits::PACKAGE_FILES && self.bytes + cost <= limits::PACKAGE_BYTES;
        if is_allowed {
            self.files += 1;
            self.bytes += cost;
        }
        is_allowed
    }
}

/// The files of a directory that count, as far as the limits allow.
fn hashed<'a>(path: &str, contents: &Contents<'a>, spent: &mut Spent) -> Vec<Hashed<'a>> {
    let names: Vec<&str> = contents.configuration.keys().copied().collect();
    let mut files = Vec::new();
    let mut total = 0;
    for name in select(&names) {
        let (Some(bytes), Some(syntax)) = (contents.configuration.get(name), Syntax::of(name)) else { continue };
        total += bytes.len().min(limits::FILE_BYTES);
        let is_too_much = files.len() >= limits::DIRECTORY_FILES || total > limits::DIRECTORY_BYTES;
        if is_too_much || !spent.allows(bytes) {
            spent.is_exceeded = true;
            break;
        }
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        files.push(Hashed { path, hash: Sha256::digest(bytes).into(), syntax, bytes });
    }
    files
}

/// The order of a part among others: by kind, then by path.
type Place<'a> = (u8, &'a str);

/// The directories that may be parts; the root is always among them.
fn directories<'a>(files: &'a BTreeMap<String, Bytes>, root: &str) -> BTreeMap<Place<'a>, Contents<'a>> {
    let mut directories: BTreeMap<Place<'a>, Contents<'a>> = BTreeMap::from([((0, ""), Contents::default())]);
    for (path, bytes) in files {
        let Some(place) = relative(path, root).and_then(locate) else { continue };
        let contents = directories.entry((rank(place.kind), place.directory)).or_default();
        if Syntax::of(place.name).is_some() {
            contents.configuration.insert(place.name, bytes);
        } else if let Some(rank) = readme::rank(place.name)
            && contents.readme.is_none_or(|(best, _)| rank < best)
        {
            contents.readme = Some((rank, bytes));
        }
    }
    directories
}

fn rank(kind: PartKind) -> u8 {
    match kind {
        PartKind::Root => 0,
        PartKind::Submodule => 1,
        PartKind::Example => 2,
    }
}

fn kind(rank: u8) -> PartKind {
    match rank {
        0 => PartKind::Root,
        1 => PartKind::Submodule,
        _ => PartKind::Example,
    }
}

/// About how much memory the docs take.
fn size(docs: &ModuleDocs) -> usize {
    let inputs = docs
        .inputs
        .iter()
        .map(|input| input.type_expr.len() + input.description.len() + input.default.as_ref().map_or(0, String::len));
    let outputs = docs.outputs.iter().map(|output| output.description.len());
    1024 + 256 * (records(docs) + docs.diagnostics.len()) + inputs.sum::<usize>() + outputs.sum::<usize>()
}

fn records(docs: &ModuleDocs) -> usize {
    docs.inputs.len() + docs.outputs.len() + docs.resources.len() + docs.module_calls.len()
}
