//! Packs every tar.gz given by name, with one thread and with two, and says how fast that was.
//! `cargo run --release -p archive --example measure_packing -- some.tar.gz ...`

use archive::{Limits, follow_links, pack, unpack};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

type Files = BTreeMap<String, Bytes>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let limits = Limits::default();
    let mut modules = Vec::new();
    for name in std::env::args().skip(1) {
        let tree = unpack(std::fs::File::open(name)?, &limits)?;
        modules.push(follow_links(tree)?.files);
    }
    for threads in [1, 2] {
        let start = Instant::now();
        let unpacked = pack_all(&modules, &limits, threads);
        say(&format!("{threads} threads"), unpacked, start);
    }
    Ok(())
}

fn pack_all(modules: &[Files], limits: &Limits, threads: usize) -> u64 {
    let (next, unpacked) = (AtomicUsize::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(files) = modules.get(next.fetch_add(1, Relaxed)) {
                    if let Ok(packed) = pack(files, limits) {
                        unpacked.fetch_add(packed.unpacked, Relaxed);
                    }
                }
            });
        }
    });
    unpacked.into_inner()
}

fn say(what: &str, unpacked: u64, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    let rate = unpacked as f64 / 1e6 / seconds;
    println!("{what}: {unpacked} bytes of tar in {seconds:.3} s, {rate:.0} MB/s");
}
