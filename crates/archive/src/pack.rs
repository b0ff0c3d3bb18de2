//! A set of files to the canonical tar.gz: the same files give the same bytes, whoever packs them.

use crate::header::{BLOCK, Template, Written};
use crate::limits::too_many_entries;
use crate::{Limits, path};
use bytes::Bytes;
use domain::Error;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// No name, no time, no system.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// With zlib-rs half the time of level 6 for archives that are a hundredth larger.
const LEVEL: Compression = Compression::new(5);
const DURING: &str = "packing an archive";
const ZEROS: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// A canonical archive and its digests.
#[derive(Debug, Clone)]
pub struct Packed {
    pub bytes: Vec<u8>,
    /// Of `bytes`.
    pub sha256: [u8; 32],
    /// Of the tar inside, which no release of a compressor changes.
    pub tar_sha256: [u8; 32],
    /// Bytes of the tar.
    pub unpacked: u64,
    /// Files and directories.
    pub entries: u64,
}

/// Refuses paths that are not clean, a file that is also a directory, and what is over the limits.
/// The compressor is made anew for each archive: keeping one was measured, and is no faster.
pub fn pack(files: &BTreeMap<String, Bytes>, limits: &Limits) -> Result<Packed, Error> {
    let expected: usize = files.values().map(|body| body.len() / 4 + 128).sum();
    let most = usize::try_from(limits.packed).unwrap_or(usize::MAX);
    let mut out = Stream {
        deflate: Compress::new(LEVEL, false),
        limits,
        crc: Crc::new(),
        tar: Sha256::new(),
        bytes: Vec::with_capacity(expected.min(most).saturating_add(GZIP_HEADER.len())),
        unpacked: 0,
    };
    out.bytes.extend_from_slice(&GZIP_HEADER);
    let entries = write_entries(&mut out, files)?;
    out.finish(entries)
}

/// Sorted bytewise by path, with directories spelled `a/`: each stands right before the first file below it.
fn write_entries(out: &mut Stream<'_>, files: &BTreeMap<String, Bytes>) -> Result<u64, Error> {
    let template = Template::new();
    let mut entries = 0;
    let mut last = "";
    for (path, body) in files {
        path::check(path, out.limits)?;
        if body.len() as u64 > out.limits.file {
            return Err(Error::TooLarge { what: path::entry(path), limit: out.limits.file });
        }
        for (slash, _) in path.match_indices('/') {
            let Some((directory, _)) = path.split_at_checked(slash + 1) else { continue };
            if last.starts_with(directory) {
                continue;
            }
            if path.get(..slash).is_some_and(|file| files.contains_key(file)) {
                return Err(Error::invalid(path::entry(directory), "is a directory and also a file"));
            }
            out.header(&template.directory(directory))?;
            entries += 1;
        }
        out.header(&template.file(path, body))?;
        out.write(body)?;
        out.pad(body.len())?;
        entries += 1;
        if entries > out.limits.entries {
            return Err(too_many_entries(out.limits));
        }
        last = path;
    }
    Ok(entries)
}

/// The tar goes in, and is hashed and compressed on the way.
struct Stream<'p> {
    deflate: Compress,
    limits: &'p Limits,
    crc: Crc,
    tar: Sha256,
    bytes: Vec<u8>,
    unpacked: u64,
}

impl Stream<'_> {
    fn header(&mut self, written: &Written) -> Result<(), Error> {
        if let Some(pax) = &written.pax {
            self.write(pax)?;
        }
        self.write(written.header.as_bytes())
    }

    fn pad(&mut self, size: usize) -> Result<(), Error> {
        let padding = size.next_multiple_of(BLOCK) - size;
        self.write(ZEROS.get(..padding).unwrap_or_default())
    }

    fn write(&mut self, data: &[u8]) -> Result<(), Error> {
        self.unpacked += data.len() as u64;
        if self.unpacked > self.limits.unpacked {
            return Err(Error::TooLarge { what: "the unpacked archive".to_owned(), limit: self.limits.unpacked });
        }
        self.tar.update(data);
        self.crc.update(data);
        let mut rest = data;
        while !rest.is_empty() {
            let before = self.deflate.total_in();
            self.deflate(rest, FlushCompress::None)?;
            let taken = usize::try_from(self.deflate.total_in() - before).unwrap_or(usize::MAX);
            rest = rest.get(taken..).unwrap_or_default();
        }
        if self.bytes.len() as u64 > self.limits.packed {
            return Err(self.too_large());
        }
        Ok(())
    }

    fn deflate(&mut self, data: &[u8], flush: FlushCompress) -> Result<Status, Error> {
        if self.bytes.capacity() - self.bytes.len() < 4096 {
            self.bytes.reserve(64 * 1024);
        }
        let (taken, given) = (self.deflate.total_in(), self.deflate.total_out());
        let status =
            self.deflate.compress_vec(data, &mut self.bytes, flush).map_err(|error| Error::internal(DURING, error))?;
        let stuck = taken == self.deflate.total_in() && given == self.deflate.total_out();
        if stuck && status != Status::StreamEnd {
            return Err(Error::internal(DURING, "the compressor makes no progress"));
        }
        Ok(status)
    }

    fn finish(mut self, entries: u64) -> Result<Packed, Error> {
        self.write(&ZEROS)?;
        while self.deflate(&[], FlushCompress::Finish)? != Status::StreamEnd {}
        self.bytes.extend_from_slice(&self.crc.sum().to_le_bytes());
        self.bytes.extend_from_slice(&self.crc.amount().to_le_bytes());
        if self.bytes.len() as u64 > self.limits.packed {
            return Err(self.too_large());
        }
        Ok(Packed {
            // Just made, so mostly still in the processor's cache.
            sha256: Sha256::digest(&self.bytes).into(),
            tar_sha256: self.tar.finalize().into(),
            bytes: self.bytes,
            unpacked: self.unpacked,
            entries,
        })
    }

    fn too_large(&self) -> Error {
        Error::TooLarge { what: "the packed archive".to_owned(), limit: self.limits.packed }
    }
}
