//! Every limit on hostile input, in one place.

use serde::{Deserialize, Serialize};

const MIB: u64 = 1024 * 1024;

/// What an archive may cost. Sizes are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// The tar.gz.
    pub packed: u64,
    /// The tar inside it, with headers and padding.
    pub unpacked: u64,
    /// Files and directories together.
    pub entries: u64,
    /// One file.
    pub file: u64,
    /// One path, and the text of one link.
    pub path: u64,
    /// Segments of one path.
    pub depth: u64,
    /// How many times larger than its gzip an uploaded tar may be...
    pub ratio: u64,
    /// ...once this much of it has been unpacked.
    pub ratio_from: u64,
    /// The PAX records or the long name of one entry.
    pub extension: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            packed: 64 * MIB,
            unpacked: 256 * MIB,
            entries: 20_000,
            file: 32 * MIB,
            path: 1024,
            depth: 64,
            ratio: 100,
            ratio_from: 16 * MIB,
            extension: 64 * 1024,
        }
    }
}

/// What is used up of the limits that add up.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used {
    entries: u64,
    unpacked: u64,
}

/// Which sum went over its limit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Full {
    Entries,
    Unpacked,
}

impl Used {
    /// Counts one entry with a body of `size` bytes as the tar will hold it.
    pub(crate) fn add(&mut self, size: u64, limits: &Limits) -> Result<(), Full> {
        self.entries += 1;
        self.unpacked = self.unpacked.saturating_add(in_tar(size));
        if self.entries > limits.entries {
            return Err(Full::Entries);
        }
        if self.unpacked > limits.unpacked {
            return Err(Full::Unpacked);
        }
        Ok(())
    }
}

impl Full {
    pub(crate) fn error(self, limits: &Limits) -> domain::Error {
        match self {
            Self::Entries => too_many_entries(limits),
            Self::Unpacked => {
                domain::Error::TooLarge { what: "the unpacked content".to_owned(), limit: limits.unpacked }
            }
        }
    }
}

pub(crate) fn too_many_entries(limits: &Limits) -> domain::Error {
    domain::Error::invalid(
        "the content",
        format!("has more files and directories than the limit of {}", limits.entries),
    )
}

/// A header and the body, padded.
fn in_tar(size: u64) -> u64 {
    size.div_ceil(crate::header::BLOCK as u64).saturating_add(1).saturating_mul(crate::header::BLOCK as u64)
}
