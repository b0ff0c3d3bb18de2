//! The gzip around the tar: cut off, damaged, a bomb, several members, or none at all.

use crate::made::{Tar, gzip, refused, unpack};
use archive::Limits;
use domain::Error;
use flate2::{Compression, write::GzEncoder};
use std::io::{self, Read, Write};

fn module() -> Tar {
    Tar::default().file("main.tf", "locals {}\n")
}

#[test]
fn what_is_no_gzip_is_refused() {
    for bytes in [&b"PK\x03\x04 a zip file, by its first bytes"[..], b"hello, world, this is text", &[0; 600]] {
        assert_eq!(refused(bytes), "the archive is not a gzip file: pack with `tar -czf`");
    }
    assert_eq!(refused(b""), "the archive is empty: send a gzipped tar");
    let mut bare = module();
    bare.0.resize(10_240, 0);
    assert!(refused(&bare.0).contains("not a gzip file"));
}

#[test]
fn a_gzip_that_is_cut_off_is_refused_at_every_place() {
    let whole = module().gz();
    for end in 1..whole.len() {
        let error = refused(&whole[..end]);
        assert!(error.contains("cut off"), "{end} of {}: {error}", whole.len());
    }
}

#[test]
fn damage_is_refused() {
    let mut bytes = module().gz();
    let checksum = bytes.len() - 8;
    bytes[checksum] ^= 1;

    assert!(refused(&bytes).contains("damaged"));
}

#[test]
fn several_members_are_one_stream() {
    let tar = Tar::default().file("main.tf", "x").0;
    let (first, second) = tar.split_at(300);
    let mut second = second.to_vec();
    second.resize(second.len() + 1024, 0);
    let bytes = [gzip(first), gzip(b""), gzip(&second)].concat();

    assert_eq!(unpack(&bytes).unwrap().iter().count(), 1);
}

#[test]
fn garbage_behind_the_gzip_is_refused() {
    let bytes = [module().gz(), b"garbage that some readers ignore".to_vec()].concat();
    assert!(refused(&bytes).contains("behind its end"));

    let second = [module().gz(), module().gz()].concat();
    assert!(refused(&second).contains("behind its end"));
}

#[test]
fn a_hundred_thousand_members_are_refused() {
    let bytes = gzip(b"").repeat(100_000);

    assert!(refused(&bytes).contains("too many gzip members"));
}

#[test]
fn a_bomb_of_zeros_stops_early() {
    let body = vec![0; 30 * 1024 * 1024];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for name in ["a", "b", "c"] {
        encoder.write_all(&Tar::default().entry(b'0', name, "", &body).0).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let mut read = Counting { input: &bomb, count: 0 };

    let error = archive::unpack(&mut read, &Limits::default()).unwrap_err();

    assert!(error.to_string().contains("more than 100 times its size"), "{error}");
    assert!(read.count < bomb.len() / 2 + 65_536, "{} of {}", read.count, bomb.len());
}

#[test]
fn zeros_behind_the_end_are_a_bomb_too() {
    let mut tar = module();
    tar.0.resize(40 * 1024 * 1024, 0);

    assert!(refused(&tar.gz()).contains("more than 100 times"));
}

#[test]
fn a_nested_gzip_is_only_bytes() {
    let inner = gzip(&vec![0; 20 * 1024 * 1024]);

    let tree = unpack(&Tar::default().entry(b'0', "bomb.gz", "", &inner).gz()).unwrap();

    assert_eq!(tree.iter().count(), 1);
}

#[test]
fn too_many_packed_bytes_are_too_large() {
    let limits = Limits { packed: 60, ..Limits::default() };

    let error = archive::unpack(module().gz().as_slice(), &limits).unwrap_err();

    assert!(matches!(error, Error::TooLarge { limit: 60, .. }), "{error}");
}

#[test]
fn a_failing_input_is_not_the_users_fault() {
    let whole = module().gz();
    let broken = whole[..20].chain(Broken);

    let error = archive::unpack(broken, &Limits::default()).unwrap_err();

    assert!(error.is_transient(), "{error:?}");
}

#[test]
fn a_slow_input_is_read_to_its_end() {
    let whole = module().gz();

    let tree = archive::unpack(OneByOne(&whole), &Limits::default()).unwrap();

    assert_eq!(tree.iter().count(), 1);
}

struct Counting<'a> {
    input: &'a [u8],
    count: usize,
}

impl Read for Counting<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(out)?;
        self.count += count;
        Ok(count)
    }
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    }
}

struct OneByOne<'a>(&'a [u8]);

impl Read for OneByOne<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = out.len().min(1);
        self.0.read(&mut out[..most])
    }
}
