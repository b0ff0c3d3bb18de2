//! A stream that never hands out all of an altered blob.

use blobs::verified;
use bytes::Bytes;
use domain::Error;
use futures::{StreamExt as _, stream};
use sha2::{Digest as _, Sha256};

/// All that was handed out, and whether the stream ended well.
async fn pass(parts: &[&'static [u8]], expected: &[u8]) -> (Vec<u8>, bool) {
    let chunks: Vec<Result<Bytes, Error>> = parts.iter().map(|part| Ok(Bytes::from_static(part))).collect();
    let mut stream = verified(stream::iter(chunks), &hex::encode(Sha256::digest(expected)));
    let mut passed = Vec::new();
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => passed.extend_from_slice(&chunk),
            Err(error) => {
                assert!(matches!(error, Error::Internal { .. }), "{error:?}");
                assert!(stream.next().await.is_none(), "goes on after an error");
                return (passed, false);
            }
        }
    }
    (passed, true)
}

#[tokio::test]
async fn right_bytes_pass_in_whatever_chunks() {
    let cases: [&[&'static [u8]]; 4] =
        [&[b"abcdef"], &[b"abc", b"def"], &[b"", b"abc", b"", b"def", b""], &[b"a", b"b", b"c", b"d", b"e", b"f"]];
    for parts in cases {
        assert_eq!(pass(parts, b"abcdef").await, (b"abcdef".to_vec(), true));
    }
    assert_eq!(pass(&[], b"").await, (vec![], true));
    assert_eq!(pass(&[b""], b"").await, (vec![], true));
}

#[tokio::test]
async fn altered_bytes_lack_their_last_chunk_and_end_in_an_error() {
    let cases: [(&[&'static [u8]], &[u8]); 6] = [
        (&[b"abcdeX"], b""),
        (&[b"Xbc", b"def"], b"Xbc"),
        (&[b"abc", b"de"], b"abc"),
        (&[b"abc", b"def", b"g"], b"abcdef"),
        (&[b"abc", b"deX", b"", b""], b"abc"),
        (&[], b""),
    ];
    for (parts, expected) in cases {
        assert_eq!(pass(parts, b"abcdef").await, (expected.to_vec(), false), "{parts:?}");
    }
}

#[tokio::test]
async fn an_error_on_the_way_ends_the_stream() {
    let chunks = [Ok(Bytes::from_static(b"abc")), Err(Error::unavailable("reading a blob", "reset"))];
    let mut stream = verified(stream::iter(chunks), &hex::encode(Sha256::digest(b"abc")));

    assert!(matches!(stream.next().await, Some(Err(Error::Unavailable { .. }))));
    assert!(stream.next().await.is_none());
}
