//! A set of files to the canonical tar.gz: the same files give the same bytes, whoever packs them.

use crate::header::{BLOCK, Template, Written};
use crate::limits::too_many_entries;
use crate::segment::{Place, Segments};
use crate::{Limits, path};
use bytes::Bytes;
use domain::Error;
use flate2::Crc;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// No name, no time, no system.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// An empty last block.
const DEFLATE_END: [u8; 2] = [0x03, 0x00];
const ZEROS: [u8; 2 * BLOCK] = [0; 2 * BLOCK];
/// A file of this size, in bytes, is compressed by itself; smaller ones gain much from their neighbours.
const LARGE: usize = 16 * 1024;

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

/// Packs many archives that share files, such as the tags of a repository: what they share is compressed once, as long
/// as it is the same `Bytes`. May be used by several threads.
#[derive(Debug, Default)]
pub struct Packer {
    segments: Segments,
}

/// One archive by itself.
pub fn pack(files: &BTreeMap<String, Bytes>, limits: &Limits) -> Result<Packed, Error> {
    Packer::default().pack(files, limits)
}

impl Packer {
    /// Refuses paths that are not clean, a file that is also a directory, and what is over the limits.
    pub fn pack(&self, files: &BTreeMap<String, Bytes>, limits: &Limits) -> Result<Packed, Error> {
        let entries = list_entries(files, limits)?;
        let mut out = Stream {
            segments: &self.segments,
            limits,
            crc: Crc::new(),
            tar: Sha256::new(),
            bytes: GZIP_HEADER.to_vec(),
            unpacked: 0,
        };
        for part in entries.chunk_by(|a, b| !a.is_large && !b.is_large && a.group == b.group) {
            out.write_part(part)?;
        }
        out.finish(entries.len() as u64)
    }
}

/// A file or directory on its way into the tar.
struct Entry<'f> {
    path: &'f str,
    written: Written,
    /// `None` for directories.
    body: Option<&'f Bytes>,
    /// The directory of the file; for a directory, that of the file it stands before.
    group: &'f str,
    is_large: bool,
}

/// Sorted bytewise by path, with directories spelled `a/`: each stands right before the first file below it.
fn list_entries<'f>(files: &'f BTreeMap<String, Bytes>, limits: &Limits) -> Result<Vec<Entry<'f>>, Error> {
    let template = Template::new();
    let mut entries = Vec::with_capacity(files.len() * 5 / 4);
    let mut last = "";
    for (path, body) in files {
        path::check(path, limits)?;
        if body.len() as u64 > limits.file {
            return Err(Error::TooLarge { what: path::entry(path), limit: limits.file });
        }
        let group = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        for (slash, _) in path.match_indices('/') {
            let Some((directory, _)) = path.split_at_checked(slash + 1) else { continue };
            if last.starts_with(directory) {
                continue;
            }
            if path.get(..slash).is_some_and(|file| files.contains_key(file)) {
                return Err(Error::invalid(path::entry(directory), "is a directory and also a file"));
            }
            let written = template.directory(directory);
            entries.push(Entry { path: directory, written, body: None, group, is_large: false });
        }
        let is_large = body.len() >= LARGE;
        entries.push(Entry { path, written: template.file(path, body), body: Some(body), group, is_large });
        if entries.len() as u64 > limits.entries {
            return Err(too_many_entries(limits));
        }
        last = path;
    }
    Ok(entries)
}

/// The tar goes in part by part, is hashed on the way, and compressed unless it was before.
struct Stream<'p> {
    segments: &'p Segments,
    limits: &'p Limits,
    crc: Crc,
    tar: Sha256,
    bytes: Vec<u8>,
    unpacked: u64,
}

impl Stream<'_> {
    fn write_part(&mut self, part: &[Entry<'_>]) -> Result<(), Error> {
        let pieces: Vec<&[u8]> = part.iter().flat_map(Entry::pieces).collect();
        let places: Vec<Place> = part.iter().map(Entry::place).collect();
        self.count(&pieces)?;
        let bodies = part.iter().filter_map(|entry| entry.body.cloned());
        let segment = self.segments.get(places, &pieces, bodies)?;
        self.crc.combine(&segment.crc);
        self.append(&segment.deflated)
    }

    fn count(&mut self, pieces: &[&[u8]]) -> Result<(), Error> {
        for piece in pieces {
            self.unpacked += piece.len() as u64;
            self.tar.update(piece);
        }
        if self.unpacked > self.limits.unpacked {
            return Err(Error::TooLarge { what: "the unpacked archive".to_owned(), limit: self.limits.unpacked });
        }
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() as u64 > self.limits.packed {
            return Err(Error::TooLarge { what: "the packed archive".to_owned(), limit: self.limits.packed });
        }
        Ok(())
    }

    fn finish(mut self, entries: u64) -> Result<Packed, Error> {
        self.count(&[&ZEROS])?;
        let end = self.segments.get(Vec::new(), &[&ZEROS], std::iter::empty())?;
        self.crc.combine(&end.crc);
        self.append(&end.deflated)?;
        self.append(&DEFLATE_END)?;
        let (sum, amount) = (self.crc.sum(), self.crc.amount());
        self.append(&sum.to_le_bytes())?;
        self.append(&amount.to_le_bytes())?;
        Ok(Packed {
            // Just made, so mostly still in the processor's cache.
            sha256: Sha256::digest(&self.bytes).into(),
            tar_sha256: self.tar.finalize().into(),
            bytes: self.bytes,
            unpacked: self.unpacked,
            entries,
        })
    }
}

impl Entry<'_> {
    /// Header, body and padding, as they stand in the tar.
    fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let body: &[u8] = self.body.map_or(&[], |body| body);
        let padding = body.len().next_multiple_of(BLOCK) - body.len();
        let pax = self.written.pax.as_deref().unwrap_or_default();
        [pax, self.written.header.as_bytes(), body, ZEROS.get(..padding).unwrap_or_default()].into_iter()
    }

    fn place(&self) -> Place {
        let (start, length) = self.body.map_or((0, 0), |body| (body.as_ptr().addr(), body.len()));
        (self.path.to_owned(), start, length)
    }
}
