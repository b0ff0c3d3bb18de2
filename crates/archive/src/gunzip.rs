//! Gzip to bytes, within the limits, and with an error that says whose fault it is.

use crate::Limits;
use domain::Error;
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};

const BUFFER: usize = 64 * 1024;
const WHAT: &str = "the archive";

/// Unpacks one or more gzip members. Nothing but another member may follow a member.
pub(crate) struct Gunzip<R: Read> {
    /// `None` once everything has been read.
    decoder: Option<GzDecoder<Counted<R>>>,
    limits: Limits,
    members: u64,
    unpacked: u64,
    buffer: Vec<u8>,
    start: usize,
}

impl<R: Read> Gunzip<R> {
    pub(crate) fn new(input: R, limits: &Limits) -> Self {
        let input = Counted {
            input: BufReader::with_capacity(BUFFER, input),
            used: 0,
            limit: limits.packed,
            fault: Fault::None,
        };
        Self {
            decoder: Some(GzDecoder::new(input)),
            limits: limits.clone(),
            members: 1,
            unpacked: 0,
            buffer: Vec::new(),
            start: 0,
        }
    }

    /// The next unread bytes; empty at the end.
    pub(crate) fn fill(&mut self) -> Result<&[u8], Error> {
        if self.start >= self.buffer.len() {
            self.buffer.resize(BUFFER, 0);
            self.start = 0;
            let count = self.read_some()?;
            self.buffer.truncate(count);
        }
        Ok(self.buffer.get(self.start..).unwrap_or_default())
    }

    /// Marks `count` of the bytes that `fill` gave as read.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count);
    }

    fn read_some(&mut self) -> Result<usize, Error> {
        while let Some(decoder) = &mut self.decoder {
            match decoder.read(&mut self.buffer) {
                Ok(0) => self.next_member()?,
                Ok(count) => {
                    self.unpacked += count as u64;
                    let used = decoder.get_ref().used;
                    self.check(used)?;
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(explain(error, decoder, &self.limits, self.members)),
            }
        }
        Ok(0)
    }

    fn next_member(&mut self) -> Result<(), Error> {
        let Some(decoder) = self.decoder.take() else {
            return Ok(());
        };
        let mut input = decoder.into_inner();
        let more = loop {
            match input.fill_buf() {
                Ok(bytes) => break !bytes.is_empty(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(input.fault.error(error, &self.limits)),
            }
        };
        if more {
            self.members += 1;
            if self.members > self.limits.entries {
                return Err(Error::invalid(WHAT, "has too many gzip members: pack it as one"));
            }
            self.decoder = Some(GzDecoder::new(input));
        }
        Ok(())
    }

    fn check(&self, used: u64) -> Result<(), Error> {
        if self.unpacked > self.limits.unpacked {
            return Err(Error::TooLarge { what: "the unpacked archive".to_owned(), limit: self.limits.unpacked });
        }
        let ratio = self.limits.ratio;
        if self.unpacked > self.limits.ratio_from && self.unpacked > used.saturating_mul(ratio) {
            return Err(Error::invalid(
                WHAT,
                format!("unpacks to more than {ratio} times its size: leave out files that hold next to nothing"),
            ));
        }
        Ok(())
    }
}

fn explain<R: Read>(error: io::Error, decoder: &GzDecoder<Counted<R>>, limits: &Limits, members: u64) -> Error {
    let fault = decoder.get_ref().fault;
    if fault != Fault::None {
        return fault.error(error, limits);
    }
    let cut_off = error.kind() == ErrorKind::UnexpectedEof;
    let reason = match (decoder.header().is_some(), cut_off) {
        (_, true) if decoder.get_ref().used == 0 => "is empty: send a gzipped tar",
        (_, true) => "is cut off: send it again, whole",
        (false, false) if members == 1 => "is not a gzip file: pack with `tar -czf`",
        (false, false) => "has something other than gzip behind its end: pack it again",
        (true, false) => "is damaged: pack and send it again",
    };
    Error::invalid(WHAT, reason)
}

/// What went wrong below the decoder, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    TooLarge,
    Input,
}

impl Fault {
    fn error(self, error: io::Error, limits: &Limits) -> Error {
        match self {
            Self::TooLarge => Error::TooLarge { what: WHAT.to_owned(), limit: limits.packed },
            Self::None | Self::Input => Error::unavailable("reading an archive", error),
        }
    }
}

/// Counts what the decoder took, and remembers errors that are not the archive's.
struct Counted<R: Read> {
    input: BufReader<R>,
    used: u64,
    limit: u64,
    fault: Fault,
}

impl<R: Read> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used > self.limit {
            self.fault = Fault::TooLarge;
            return Err(io::Error::other("over the limit"));
        }
        self.input.fill_buf().inspect_err(|error| {
            if error.kind() != ErrorKind::Interrupted {
                self.fault = Fault::Input;
            }
        })
    }

    fn consume(&mut self, count: usize) {
        self.used = self.used.saturating_add(count as u64);
        self.input.consume(count);
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}
