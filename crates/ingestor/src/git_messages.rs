//! What an ingestor and its Git child say to each other.

use archive::{Limits, Note};
use git_source::{FetchLimits, Refs, Remote, Trust};
use job_runner::child::Failure;
use serde::{Deserialize, Serialize};

/// Asked of the child, in this order.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum GitRequest {
    /// Bring the mirror up to date; answered by `Fetched` or `Failed`.
    Fetch {
        remote: Remote,
        mirror: String,
        /// The address below which its server has repositories: submodules come from there.
        base: String,
        /// Fetched besides the tags and the default branch.
        branches: Vec<String>,
        /// As in `QUARRY_VCS_ALLOWED_NETWORKS`.
        allowed: outbound::AddressPolicy,
        trust: Trust,
        limits: FetchLimits,
    },
    /// Fetch what archives of these need of Git submodules; answered by `Fetching`, any number of times, and
    /// `SubmodulesFetched`. What is wrong with one shows in `Archive`.
    Submodules { items: Vec<ArchiveItem> },
    /// Make archives; each answered by `Started` and then `Archived` or `Rejected`, in any order, at last by `Done`.
    Archive { items: Vec<ArchiveItem>, limits: Limits },
}

/// One archive to make.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ArchiveItem {
    /// Id of the version.
    pub(crate) version: String,
    pub(crate) commit: String,
    /// Of the repository, where the module lives.
    pub(crate) directory: String,
    /// Whether Git submodules are part of it.
    pub(crate) submodules: bool,
}

/// Said by the child.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum GitAnswer {
    Fetched {
        refs: Refs,
    },
    Failed(Failure),
    /// A submodule is being fetched, which may take as long as any fetch.
    Fetching,
    /// From here on, until the next word about it, a death of the child may be this version's fault.
    Started {
        version: String,
    },
    /// The body is the archive.
    Archived {
        version: String,
        archive: ArchiveFacts,
    },
    /// This version cannot be archived; the others go on.
    Rejected {
        version: String,
        failure: Failure,
    },
    SubmodulesFetched,
    /// This version waits for a Git submodule, which may come.
    Waits {
        version: String,
        failure: Failure,
    },
    Done,
}

/// What is known about an archive that was just made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ArchiveFacts {
    /// Of the tar.gz and of the tar in it, in hexadecimal.
    pub(crate) sha256: String,
    pub(crate) tar_sha256: String,
    /// Where in the archive the module lives.
    pub(crate) directory: String,
    /// Whether it was made with Git submodules.
    pub(crate) submodules: bool,
    /// Seconds since 1970, of the commit.
    pub(crate) committed_at: i64,
    pub(crate) notes: Vec<Note>,
}
