//! Streaming from a server without ever taking a part for the whole.

use bytes::Bytes;
use domain::Error;
use futures::{Stream, StreamExt as _};

use crate::ByteStream;

/// Passes `chunks` on, and ends in [`Error::Unavailable`] if they are not `size` bytes in the end. HTTP promises as
/// much; this does not depend on how well that promise is kept on the way.
pub(crate) fn whole(chunks: impl Stream<Item = Result<Bytes, Error>> + Send + 'static, size: u64) -> ByteStream {
    futures::stream::try_unfold((chunks.boxed(), size), |(mut chunks, left)| async move {
        match chunks.next().await {
            Some(chunk) => {
                let chunk = chunk?;
                let left = left.checked_sub(chunk.len() as u64).ok_or_else(broken)?;
                Ok(Some((chunk, (chunks, left))))
            }
            None if left == 0 => Ok(None),
            None => Err(broken()),
        }
    })
    .boxed()
}

fn broken() -> Error {
    Error::unavailable("reading a blob", "the store sent another number of bytes than it promised")
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt as _;

    use super::*;

    async fn pass(size: u64) -> Result<Vec<Bytes>, Error> {
        let chunks = [&b"abc"[..], b"", b"def"].map(|chunk| Ok(Bytes::from_static(chunk)));
        whole(futures::stream::iter(chunks), size).try_collect().await
    }

    #[tokio::test]
    async fn only_the_promised_number_of_bytes_ends_well() {
        assert!(pass(6).await.is_ok_and(|chunks| chunks.concat() == b"abcdef"));
        for size in [0, 5, 7] {
            assert!(pass(size).await.is_err_and(|error| error.is_transient()), "{size}");
        }
    }
}
