//! The entries of a tar, one after the other, with the strictest reading of each header.

use crate::Limits;
use crate::gunzip::Gunzip;
use crate::header::{self, BLOCK, Raw};
use crate::limits::too_many_entries;
use crate::path;
use crate::pax::Pax;
use bytes::Bytes;
use domain::Error;
use std::io::Read;

const WHAT: &str = "the archive";

/// An entry whose body has not been read yet. The name is UTF-8, and otherwise as written.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) size: u64,
}

#[derive(Debug)]
pub(crate) enum Kind {
    File,
    Directory,
    Link(String),
}

/// Walks through a tar.gz. Holds one buffer, never a body.
pub(crate) struct Walk<R: Read> {
    source: Gunzip<R>,
    limits: Limits,
    entries: u64,
    /// The body of the last entry and its padding.
    body: u64,
    padding: u64,
}

/// What stood before the header of an entry.
#[derive(Default)]
struct Extensions {
    pax: Option<Pax>,
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl<R: Read> Walk<R> {
    pub(crate) fn new(input: R, limits: &Limits) -> Self {
        Self { source: Gunzip::new(input, limits), limits: limits.clone(), entries: 0, body: 0, padding: 0 }
    }

    /// The next entry; the body of the last one is skipped if nobody read it.
    pub(crate) fn next(&mut self) -> Result<Option<Found>, Error> {
        let mut before = Extensions::default();
        loop {
            self.skip()?;
            let Some(raw) = self.header()? else {
                self.finish()?;
                return Ok(None);
            };
            self.body = raw.size;
            self.padding = raw.size.next_multiple_of(BLOCK as u64) - raw.size;
            match raw.kind {
                b'x' => {
                    let pax = Pax::parse(&self.extension()?)?;
                    once(before.pax.replace(pax).is_some())?;
                }
                b'L' => once(before.name.replace(self.long_text()?).is_some())?,
                b'K' => once(before.link.replace(self.long_text()?).is_some())?,
                b'g' => {
                    self.count()?;
                    Pax::check_global(&self.extension()?)?;
                }
                _ => {
                    self.count()?;
                    return found(&raw, before).map(Some);
                }
            }
        }
    }

    /// The body of the entry that `next` gave last. The caller has checked its size.
    pub(crate) fn body(&mut self) -> Result<Bytes, Error> {
        let size = usize::try_from(self.body).map_err(|error| Error::internal("reading an archive", error))?;
        let mut out = Vec::with_capacity(size);
        while out.len() < size {
            let bytes = self.some()?;
            let part = bytes.get(..size - out.len()).unwrap_or(bytes);
            out.extend_from_slice(part);
            let count = part.len();
            self.source.consume(count);
        }
        self.body = 0;
        Ok(Bytes::from(out))
    }

    fn count(&mut self) -> Result<(), Error> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(too_many_entries(&self.limits));
        }
        Ok(())
    }

    /// `None` at the first of the two zero blocks that end a tar.
    fn header(&mut self) -> Result<Option<Raw>, Error> {
        let mut block = [0; BLOCK];
        let mut rest = block.as_mut_slice();
        while !rest.is_empty() {
            let bytes = self.some()?;
            let count = bytes.len().min(rest.len());
            let (now, later) = rest.split_at_mut(count);
            now.copy_from_slice(bytes.get(..count).unwrap_or_default());
            rest = later;
            self.source.consume(count);
        }
        header::read(&block)
    }

    /// Behind the end there may be padding, and nothing else that another reader could take for entries.
    fn finish(&mut self) -> Result<(), Error> {
        loop {
            let bytes = self.source.fill()?;
            if bytes.is_empty() {
                return Ok(());
            }
            if bytes.iter().any(|byte| *byte != 0) {
                return Err(Error::invalid(WHAT, "has something behind its end: pack everything in one go"));
            }
            let count = bytes.len();
            self.source.consume(count);
        }
    }

    fn extension(&mut self) -> Result<Bytes, Error> {
        if self.body > self.limits.extension {
            return Err(Error::invalid(
                WHAT,
                format!("has a PAX header or a long name larger than the limit of {} bytes", self.limits.extension),
            ));
        }
        self.body()
    }

    fn long_text(&mut self) -> Result<Vec<u8>, Error> {
        let text = self.extension()?;
        Ok(text.strip_suffix(b"\0").unwrap_or(&text).to_vec())
    }

    fn skip(&mut self) -> Result<(), Error> {
        let mut left = self.body.saturating_add(self.padding);
        (self.body, self.padding) = (0, 0);
        while left > 0 {
            let count = self.some()?.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            self.source.consume(count);
            left -= count as u64;
        }
        Ok(())
    }

    /// At least one byte: the end has its own blocks, so nothing may stop before them.
    fn some(&mut self) -> Result<&[u8], Error> {
        let bytes = self.source.fill()?;
        if bytes.is_empty() {
            return Err(Error::invalid(WHAT, "holds a tar that is cut off, or none: pack it again"));
        }
        Ok(bytes)
    }
}

fn once(again: bool) -> Result<(), Error> {
    if again {
        return Err(Error::invalid(WHAT, "has an entry that is named twice: pack it again"));
    }
    Ok(())
}

/// Joins a header with what stood before it.
fn found(raw: &Raw, before: Extensions) -> Result<Found, Error> {
    let pax = before.pax.unwrap_or_default();
    once(pax.path.is_some() && before.name.is_some() || pax.link.is_some() && before.link.is_some())?;
    let name = pax.path.or(before.name).unwrap_or_else(|| raw.name.clone());
    let name = String::from_utf8(name).map_err(|error| {
        let shown = path::entry(&String::from_utf8_lossy(error.as_bytes()));
        Error::invalid(shown, "has a name that is not UTF-8: rename it")
    })?;
    let refuse = |reason: &str| Err(Error::invalid(path::entry(&name), reason));
    if pax.size.is_some_and(|size| size != raw.size) {
        return refuse("has two sizes: pack it again");
    }
    let kind = match raw.kind {
        b'0' | b'7' | 0 if name.ends_with('/') => Kind::Directory,
        b'0' | b'7' | 0 => Kind::File,
        b'5' => Kind::Directory,
        b'2' => {
            let text = pax.link.or(before.link).unwrap_or_else(|| raw.link.clone());
            // A target that is not UTF-8 names no path of ours; it will be seen to dangle.
            Kind::Link(String::from_utf8_lossy(&text).into_owned())
        }
        b'1' => return refuse("is a hard link: pack with `tar --hard-dereference`"),
        b'3' | b'4' => return refuse("is a device: pack files, directories and links only"),
        b'6' => return refuse("is a named pipe: pack files, directories and links only"),
        b'S' => return refuse("is a sparse file: pack without --sparse"),
        _ => return refuse("is of an unknown kind: pack files, directories and links only"),
    };
    if raw.size != 0 && !matches!(kind, Kind::File) {
        return refuse("has content but is no file: pack it again");
    }
    Ok(Found { name, kind, size: raw.size })
}
