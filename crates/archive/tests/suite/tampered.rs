//! Ten thousand damaged archives: whatever happens, it is an answer and not a panic.

use crate::made::{Tar, gzip};
use archive::{Limits, follow_links, pack, unpack};

/// A small generator of its own, so that a failure can be repeated (xorshift64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

fn sample() -> Vec<u8> {
    Tar::default()
        .pax(b'g', &[("comment", "abc")])
        .directory("./")
        .pax(b'x', &[("path", "a/long/name.tf"), ("mtime", "1.2")])
        .file("cut", "content")
        .entry(b'L', "././@LongLink", "", b"b/long/name.tf\0")
        .file("cut", &"more content ".repeat(60))
        .link("link", "a/long")
        .link("back", "link/../..")
        .file("main.tf", "locals {}")
        .0
}

/// Everything that is accepted must also survive the rest of the way.
fn run(bytes: &[u8]) {
    let limits = Limits::default();
    if let Ok(tree) = unpack(bytes, &limits)
        && let Ok(files) = follow_links(tree)
    {
        let packed = pack(&files.files, &limits).unwrap();
        let back = unpack(packed.bytes.as_slice(), &limits).unwrap();
        assert_eq!(back.iter().count(), files.files.len());
    }
}

#[test]
fn damaged_tars_never_panic() {
    let mut dice = Dice(0x5eed_0001);
    let mut whole = sample();
    whole.resize(whole.len() + 1024, 0);
    for _ in 0..5_000 {
        let mut tar = whole.clone();
        for _ in 0..=dice.roll(4) {
            let place = dice.roll(tar.len());
            tar[place] = u8::try_from(dice.roll(256)).unwrap();
        }
        // Half of them with checksums that are right again, so that the damage is seen behind them.
        if dice.roll(2) == 0 {
            reseal(&mut tar);
        }
        run(&gzip(&tar));
    }
}

#[test]
fn damaged_gzips_never_panic() {
    let mut dice = Dice(0x5eed_0002);
    let whole = Tar(sample()).gz();
    for _ in 0..5_000 {
        let mut bytes = whole.clone();
        let place = dice.roll(bytes.len());
        bytes[place] ^= u8::try_from(dice.roll(255) + 1).unwrap();
        if dice.roll(3) == 0 {
            bytes.truncate(dice.roll(bytes.len()));
        }
        run(&bytes);
    }
}

fn reseal(tar: &mut [u8]) {
    for block in tar.chunks_exact_mut(512) {
        if let Ok(block) = <&mut [u8; 512]>::try_from(block)
            && &block[257..262] == b"ustar"
        {
            crate::made::seal(block);
        }
    }
}
