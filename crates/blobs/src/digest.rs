//! SHA-256, away from the event loop where it takes long.

use bytes::Bytes;
use domain::Error;
use sha2::{Digest as _, Sha256};

/// Hashing this many bytes takes less than a tenth of a millisecond: not worth a thread.
const AT_ONCE: usize = 64 * 1024;

pub(crate) async fn of(bytes: Bytes) -> Result<String, Error> {
    if bytes.len() <= AT_ONCE {
        return Ok(hex::encode(Sha256::digest(&bytes)));
    }
    tokio::task::spawn_blocking(move || hex::encode(Sha256::digest(&bytes)))
        .await
        .map_err(|source| Error::internal("hashing a blob", source))
}

/// The bytes under `sha256_hex` are not those that were put there.
pub(crate) fn altered(sha256_hex: &str) -> Error {
    Error::internal("reading a blob", format!("the bytes stored under {sha256_hex} were altered"))
}
