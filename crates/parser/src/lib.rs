#![doc = include_str!("../README.md")]

mod parse_version;
mod read_child;
mod summary;

use std::{path::PathBuf, sync::Arc, time::Duration};

use archive::Limits;
use blobs::Blobs;
use job_runner::{
    Runner,
    child::ChildLimits,
    child_pool::{ChildPool, PoolSize},
    run_worker,
};
use tokio::sync::Semaphore;

pub use read_child::run as run_read_child;

/// What a parser needs to know.
#[derive(Debug)]
pub struct Config {
    /// The program whose `child` command handles hostile bytes: this one, unless a test says otherwise.
    pub child_program: PathBuf,
    pub limits: Limits,
    /// Versions under way at the same time: most of them wait for the database, few for a child.
    pub at_once: u16,
}

/// For a child that is given no other time.
const LONGEST: Duration = Duration::from_secs(30);
const GIBIBYTE: u64 = 1024 * 1024 * 1024;

/// Runs the parser's worker until told to stop.
pub async fn run(config: Config, blobs: Blobs, runner: Runner) {
    // One more than processors: one place may be held by what failed before.
    let children = std::thread::available_parallelism().map_or(1, usize::from) + 1;
    let limits = ChildLimits { memory: GIBIBYTE, cpu_seconds: 600, file_size: 0 };
    let size = PoolSize { children, keep: children, time: LONGEST };
    let pool = ChildPool::new(config.child_program, "read", limits, size);
    let at_once = config.at_once;
    let worker =
        Arc::new(parse_version::ParseVersion { limits: config.limits, blobs, pool, second_chances: Semaphore::new(1) });
    let idle = parse_version::release_when_idle(Arc::clone(&worker), runner.stop.clone());
    tokio::join!(run_worker(runner, worker, at_once), idle);
}
