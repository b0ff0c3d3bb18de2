//! Mirrors of well-behaved repositories, over a real Git server.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up is a failure of the test")]

mod access;
mod damage;
mod fetch;
mod tree;

use git_source::{FetchLimits, Mirror, Remote, Trust};
use outbound::AddressPolicy;
use tempfile::TempDir;
use test_kit::{GitServer, SampleRepository};

/// One repository on a server, and a mirror of it.
struct Setup {
    directory: TempDir,
    server: GitServer,
    repository: SampleRepository,
    mirror: Mirror,
}

impl Setup {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let repository = SampleRepository::create(&directory.path().join("root"), "sample").unwrap();
        let server = GitServer::start(&directory.path().join("root")).unwrap();
        let mirror = open(&directory);
        Self { directory, server, repository, mirror }
    }

    fn remote(&self) -> Remote {
        Remote::anonymous(format!("{}/sample", self.server.url()))
    }

    /// How often a pack was asked for.
    fn packs_asked_for(&self) -> usize {
        self.server.requests().iter().filter(|line| line.starts_with("POST")).count()
    }
}

fn init() {
    git_source::init(AddressPolicy::parse("127.0.0.0/8").unwrap(), Trust::default(), FetchLimits::default()).unwrap();
}

fn open(directory: &TempDir) -> Mirror {
    init();
    Mirror::open(&directory.path().join("mirror")).unwrap()
}

fn read(mirror: &Mirror, commit: &str, path: &str) -> String {
    let entries = mirror.list_tree(commit, "").unwrap();
    let entry = entries.iter().find(|entry| entry.path == path).unwrap();
    String::from_utf8(mirror.read_blob(entry.id, 1 << 20).unwrap()).unwrap()
}
