//! Archives made by hand, byte by byte, because no library would write what an attacker does.

use archive::{Limits, Tree};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use std::collections::BTreeMap;
use std::io::Write;

/// A tar under construction.
#[derive(Default)]
pub(crate) struct Tar(pub(crate) Vec<u8>);

impl Tar {
    /// A header with this type flag, then the body, padded.
    pub(crate) fn entry(self, kind: u8, name: &str, link: &str, body: &[u8]) -> Self {
        let header = header(kind, name.as_bytes(), link, &format!("{:011o}", body.len()));
        self.block(header, body)
    }

    pub(crate) fn file(self, name: &str, body: &str) -> Self {
        self.entry(b'0', name, "", body.as_bytes())
    }

    pub(crate) fn directory(self, name: &str) -> Self {
        self.entry(b'5', name, "", b"")
    }

    pub(crate) fn link(self, name: &str, target: &str) -> Self {
        self.entry(b'2', name, target, b"")
    }

    /// A PAX header of this kind (`x` or `g`) with the given records.
    pub(crate) fn pax(self, kind: u8, records: &[(&str, &str)]) -> Self {
        let body: String = records.iter().map(|(key, value)| record(key, value)).collect();
        self.entry(kind, "pax", "", body.as_bytes())
    }

    /// Any header and any body.
    pub(crate) fn block(mut self, header: [u8; 512], body: &[u8]) -> Self {
        self.0.extend_from_slice(&header);
        self.0.extend_from_slice(body);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// With its end, gzipped.
    pub(crate) fn gz(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        gzip(&self.0)
    }
}

/// One ustar header with a right checksum.
pub(crate) fn header(kind: u8, name: &[u8], link: &str, size: &str) -> [u8; 512] {
    let mut block = [0u8; 512];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(0, &name[..name.len().min(100)]);
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, &size.as_bytes()[..size.len().min(12)]);
    put(136, b"00000000000\0");
    put(156, &[kind]);
    put(157, &link.as_bytes()[..link.len().min(100)]);
    put(257, b"ustar\x0000");
    seal(&mut block);
    block
}

/// Writes the checksum.
pub(crate) fn seal(block: &mut [u8; 512]) {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

fn record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len();
    while length != rest.len() + length.to_string().len() {
        length = rest.len() + length.to_string().len();
    }
    format!("{length}{rest}")
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn unpack(bytes: &[u8]) -> Result<Tree, domain::Error> {
    archive::unpack(bytes, &Limits::default())
}

/// The user's text for an archive that must be refused as invalid.
pub(crate) fn refused(bytes: &[u8]) -> String {
    let error = unpack(bytes).expect_err("hostile, but accepted");
    assert!(matches!(error, domain::Error::Invalid { .. }), "{error:?}");
    error.to_string()
}

/// Files from (path, content).
pub(crate) fn files(pairs: &[(&str, &str)]) -> BTreeMap<String, Bytes> {
    pairs.iter().map(|(path, body)| ((*path).to_owned(), Bytes::copy_from_slice(body.as_bytes()))).collect()
}
