//! Packs every tar.gz given by name, with one thread and with two, and says how fast that was.
//! `cargo run --release -p archive --example measure_packing -- some.tar.gz ...`

use archive::{Limits, Packer, follow_links, unpack};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

type Files = BTreeMap<String, Bytes>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let limits = Limits::default();
    let mut modules = Vec::new();
    // What archives share is the same in memory, as it is for the tags of a repository.
    let mut known: BTreeMap<Bytes, Bytes> = BTreeMap::new();
    for name in std::env::args().skip(1) {
        let tree = unpack(std::fs::File::open(name)?, &limits)?;
        let mut files = follow_links(tree)?.files;
        for body in files.values_mut() {
            *body = known.entry(body.clone()).or_insert_with(|| body.clone()).clone();
        }
        modules.push(files);
    }
    for threads in [1, 2] {
        let start = Instant::now();
        let unpacked = pack_all(&modules, &limits, threads);
        say(&format!("{threads} threads"), unpacked, start);
    }
    Ok(())
}

fn pack_all(modules: &[Files], limits: &Limits, threads: usize) -> u64 {
    let (next, unpacked, packer) = (AtomicUsize::new(0), AtomicU64::new(0), Packer::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(files) = modules.get(next.fetch_add(1, Relaxed)) {
                    if let Ok(packed) = packer.pack(files, limits) {
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
