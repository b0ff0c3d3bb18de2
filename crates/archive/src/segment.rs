//! Parts of an archive that are compressed by themselves, so that each is compressed once for all the tags that share
//! it. What an archive holds decides where its parts end, never what was packed before: the same files give the same
//! bytes, with an empty memory and with a full one.

use bytes::Bytes;
use domain::Error;
use flate2::{Compress, Compression, Crc, FlushCompress};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const LEVEL: Compression = Compression::new(6);
const DURING: &str = "packing an archive";
/// Bytes that may be remembered, compressed and not; beyond, the memory is emptied.
const MOST_REMEMBERED: usize = 192 * 1024 * 1024;

/// One entry of a part: its path, and where in memory its body lies.
pub(crate) type Place = (String, usize, usize);

/// A part, compressed. Starts and ends on a byte, and needs nothing that stands before it.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) deflated: Vec<u8>,
    /// Of the bytes before compression.
    pub(crate) crc: Crc,
    /// Keeps the bodies where they are: a place in memory means their bytes as long as they live.
    _bodies: Vec<Bytes>,
}

/// What was compressed before, by the paths of a part and the places of its bodies.
#[derive(Debug, Default)]
pub(crate) struct Segments(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    segments: HashMap<Vec<Place>, Arc<Segment>>,
    /// What all of them keep in memory.
    size: usize,
}

impl Segments {
    /// The part that consists of `pieces`: compressed now, unless it was before.
    pub(crate) fn get(
        &self,
        places: Vec<Place>,
        pieces: &[&[u8]],
        bodies: impl Iterator<Item = Bytes>,
    ) -> Result<Arc<Segment>, Error> {
        if let Some(known) = self.remembered().segments.get(&places) {
            return Ok(Arc::clone(known));
        }
        let (deflated, crc) = compress(pieces)?;
        let segment = Arc::new(Segment { deflated, crc, _bodies: bodies.collect() });
        let paths: usize = places.iter().map(|(path, ..)| path.len()).sum();
        let cost = segment.deflated.capacity() + paths + pieces.iter().map(|piece| piece.len()).sum::<usize>();
        let mut remembered = self.remembered();
        if remembered.size + cost > MOST_REMEMBERED {
            *remembered = Remembered::default();
        }
        // Another thread may have made the same meanwhile; then it is counted twice, which is the safe side.
        remembered.size += cost;
        remembered.segments.insert(places, Arc::clone(&segment));
        Ok(segment)
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn compress(pieces: &[&[u8]]) -> Result<(Vec<u8>, Crc), Error> {
    let mut compressor = Compress::new(LEVEL, false);
    let mut crc = Crc::new();
    let expected: usize = pieces.iter().map(|piece| piece.len()).sum();
    let mut deflated = Vec::with_capacity(expected / 3 + 256);
    for piece in pieces {
        crc.update(piece);
        feed(&mut compressor, piece, &mut deflated)?;
    }
    // A full flush ends on a byte and forgets what came before, so that any part may follow.
    loop {
        deflated.reserve(1024);
        let before = deflated.len();
        let room = deflated.capacity() - before;
        run(&mut compressor, &[], &mut deflated, FlushCompress::Full)?;
        if deflated.len() - before < room {
            deflated.shrink_to_fit();
            return Ok((deflated, crc));
        }
    }
}

fn feed(compressor: &mut Compress, mut rest: &[u8], deflated: &mut Vec<u8>) -> Result<(), Error> {
    while !rest.is_empty() {
        deflated.reserve(4096);
        let before = compressor.total_in();
        run(compressor, rest, deflated, FlushCompress::None)?;
        let taken = usize::try_from(compressor.total_in() - before).unwrap_or(usize::MAX);
        rest = rest.get(taken..).unwrap_or_default();
    }
    Ok(())
}

fn run(compressor: &mut Compress, data: &[u8], out: &mut Vec<u8>, flush: FlushCompress) -> Result<(), Error> {
    compressor.compress_vec(data, out, flush).map(drop).map_err(|error| Error::internal(DURING, error))
}
