//! Streaming bytes without ever handing out all of a blob that was altered.

use bytes::Bytes;
use domain::Error;
use futures::{Stream, StreamExt as _};
use sha2::{Digest as _, Sha256};

use crate::{ByteStream, digest};

/// Passes `chunks` on, hashing on the way. The last chunk that holds any bytes is withheld until the hash of all is
/// `sha256_hex`; otherwise the stream ends in [`Error::Internal`] instead. So whoever got every byte got the right
/// ones, and whoever did not sees that some are missing. An error of `chunks` ends it too.
pub fn verified(chunks: impl Stream<Item = Result<Bytes, Error>> + Send + 'static, sha256_hex: &str) -> ByteStream {
    let start = State { chunks: chunks.boxed(), hash: Sha256::new(), held: None, expected: sha256_hex.to_owned() };
    futures::stream::try_unfold(Some(start), |state| async move {
        match state {
            Some(state) => state.next().await,
            None => Ok(None),
        }
    })
    .boxed()
}

struct State {
    chunks: ByteStream,
    hash: Sha256,
    held: Option<Bytes>,
    expected: String,
}

impl State {
    /// The chunk to pass on and the state after it, which is `None` after the last.
    async fn next(mut self) -> Result<Option<(Bytes, Option<Self>)>, Error> {
        while let Some(chunk) = self.chunks.next().await {
            let chunk = chunk?;
            // An empty last chunk would be withheld in vain.
            if chunk.is_empty() {
                continue;
            }
            self.hash.update(&chunk);
            if let Some(before) = self.held.replace(chunk) {
                return Ok(Some((before, Some(self))));
            }
        }
        if hex::encode(self.hash.finalize()) != self.expected {
            return Err(digest::altered(&self.expected));
        }
        Ok(self.held.map(|last| (last, None)))
    }
}
