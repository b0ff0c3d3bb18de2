#![doc = include_str!("../README.md")]

mod archiving;
mod forest;
mod git_child;
mod git_messages;
mod ingest_upload;
mod ingest_version;
mod layout;
mod mirrors;
mod plan;
mod preparing;
mod purge;
mod reconcile;
mod remote;
mod replacement;
mod submodules;
mod sync_repository;
mod tag_changes;
mod tree_archive;
mod unpack_child;
mod visit_host;

use std::{path::PathBuf, sync::Arc, time::Duration};

use archive::Limits;
use blobs::Blobs;
use job_runner::{
    Runner,
    child::ChildLimits,
    child_pool::{ChildPool, PoolSize},
    run_worker,
};
use outbound::AddressPolicy;
use seal::SealKeys;
use tokio::sync::Semaphore;
use vcs_hosts::api::HostApi;

pub use git_child::run as run_git_child;
pub use git_source::{Trust, check_known_hosts};
pub use unpack_child::run as run_unpack_child;

/// What an ingestor needs to know.
#[derive(Debug)]
pub struct Config {
    /// Where mirrors are kept: a cache, safe to delete while no ingestor runs.
    pub mirrors: PathBuf,
    /// The program whose `child` command handles hostile bytes: this one, unless a test says otherwise.
    pub child_program: PathBuf,
    pub seal_keys: SealKeys,
    /// Which addresses Git may be fetched from.
    pub allowed: AddressPolicy,
    /// By what Git servers are trusted.
    pub trust: Trust,
    /// For the APIs of Git hosts.
    pub hosts: HostApi,
    /// Where hosts deliver their webhooks, without a trailing `/`; `None`: none are registered.
    pub public_url: Option<String>,
    pub limits: Limits,
    /// How often every repository is looked at without being asked.
    pub reconcile: Option<Duration>,
    /// So many days the audit log is kept; `None` is for ever.
    pub audit_days: Option<u32>,
    pub at_once: AtOnce,
}

/// What one process does at the same time.
#[derive(Debug, Clone, Copy)]
pub struct AtOnce {
    /// Repositories that are synchronised: most of them wait for other people's servers, and each scope has only some
    /// of these places.
    pub syncs: u16,
    /// Repositories whose archives are made: that takes processors and memory.
    pub archivings: u16,
    /// Versions by themselves.
    pub versions: u16,
    /// Uploads that are checked.
    pub uploads: u16,
}

/// Hosts that are visited: their webhooks may wait, and answers come within seconds.
const VISITS: u16 = 8;
const GIBIBYTE: u64 = 1024 * 1024 * 1024;

/// Handles on what the workers share.
struct Ingestor {
    config: Config,
    blobs: Blobs,
    git: ChildPool,
    archiving: Semaphore,
    unpack: ChildPool,
}

impl Ingestor {
    fn new(config: Config, blobs: Blobs) -> Self {
        // A mirror is mapped into memory, hence the large address space.
        let git_limits = ChildLimits { memory: 4 * GIBIBYTE, cpu_seconds: 1_800, file_size: 4 * GIBIBYTE };
        let AtOnce { syncs, archivings, versions, uploads } = config.at_once;
        let children = usize::from(syncs) + usize::from(versions);
        let git_size = PoolSize { children, keep: 0, time: Duration::from_secs(660) };
        let unpack_limits = ChildLimits { memory: 2 * GIBIBYTE, cpu_seconds: 300, file_size: 0 };
        let unpack_size = PoolSize { children: usize::from(uploads), keep: 1, time: Duration::from_secs(60) };
        Self {
            git: ChildPool::new(config.child_program.clone(), "git", git_limits, git_size),
            unpack: ChildPool::new(config.child_program.clone(), "unpack", unpack_limits, unpack_size),
            archiving: Semaphore::new(usize::from(archivings)),
            config,
            blobs,
        }
    }
}

/// Runs the ingestor's workers until told to stop.
pub async fn run(config: Config, blobs: Blobs, runner: Runner) {
    let at_once = config.at_once;
    let ingestor = Arc::new(Ingestor::new(config, blobs));
    tokio::join!(
        run_worker(runner.clone(), Arc::new(sync_repository::SyncRepository(Arc::clone(&ingestor))), at_once.syncs),
        run_worker(runner.clone(), Arc::new(ingest_version::IngestVersion(Arc::clone(&ingestor))), at_once.versions),
        run_worker(runner.clone(), Arc::new(ingest_upload::IngestUpload(Arc::clone(&ingestor))), at_once.uploads),
        run_worker(runner.clone(), Arc::new(purge::Purge(Arc::clone(&ingestor))), 1),
        run_worker(runner.clone(), Arc::new(visit_host::VisitHost(Arc::clone(&ingestor))), VISITS),
        reconcile::run(&ingestor, &runner),
    );
}
