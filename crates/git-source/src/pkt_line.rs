//! The frames of the Git protocol: four hexadecimal digits of length, then that many bytes less four.

use bytes::{Bytes, BytesMut};
use domain::Error;

use crate::address::Address;
use crate::failure;
use crate::session::Body;

/// The longest frame the protocol allows.
const LONGEST: usize = 65520;

#[derive(Debug)]
pub(crate) enum Line {
    Flush,
    Data(Bytes),
}

/// Frames read from a body as it arrives.
pub(crate) struct Lines<'a> {
    body: Body<'a>,
    buffer: BytesMut,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(body: Body<'a>) -> Self {
        Self { body, buffer: BytesMut::new() }
    }

    pub(crate) fn address(&self) -> &Address {
        self.body.address()
    }

    /// The next frame. That the body ends instead is a failure: both answers end with a flush.
    pub(crate) fn next(&mut self) -> Result<Line, Error> {
        let length = self.take(4)?;
        let digits = std::str::from_utf8(&length).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|digits| usize::from_str_radix(digits, 16).ok()) {
            Some(0) => Ok(Line::Flush),
            Some(length @ 4..=LONGEST) => Ok(Line::Data(self.take(length - 4)?)),
            _ => Err(failure::not_git(self.address())),
        }
    }

    fn take(&mut self, count: usize) -> Result<Bytes, Error> {
        while self.buffer.len() < count {
            match self.body.chunk()? {
                Some(chunk) => self.buffer.extend_from_slice(&chunk),
                None => return Err(failure::ended_early(self.address())),
            }
        }
        Ok(self.buffer.split_to(count).freeze())
    }
}
