//! Packs every archive given by name (tar files) again and again, and says how fast that was.
//! `cargo run --release -p archive --example measure -- some.tar.gz ...`

use archive::{Limits, Packer, follow_links, unpack};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let limits = Limits::default();
    let mut modules = Vec::new();
    for name in std::env::args().skip(1) {
        let tree = unpack(std::fs::File::open(name)?, &limits)?;
        modules.push(follow_links(tree)?.files);
    }
    for threads in [1, 2] {
        let start = Instant::now();
        let (mut unpacked, mut packed) = (0, 0);
        std::thread::scope(|scope| {
            let share = modules.len().div_ceil(threads).max(1);
            let parts: Vec<_> = modules.chunks(share).map(|part| scope.spawn(|| pack_all(part, &limits))).collect();
            for part in parts {
                let (more, less) = part.join().unwrap_or_default();
                unpacked += more;
                packed += less;
            }
        });
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{threads} threads: {} archives, {unpacked} -> {packed} bytes in {seconds:.3} s: {:.0} MB/s",
            modules.len(),
            unpacked as f64 / 1e6 / seconds
        );
    }
    Ok(())
}

fn pack_all(modules: &[std::collections::BTreeMap<String, bytes::Bytes>], limits: &Limits) -> (u64, u64) {
    let mut packer = Packer::new();
    let packed = modules.iter().filter_map(|files| packer.pack(files, limits).ok());
    packed.fold((0, 0), |(unpacked, bytes), one| (unpacked + one.unpacked, bytes + one.bytes.len() as u64))
}
