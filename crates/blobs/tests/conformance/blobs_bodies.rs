//! What holds for bytes under their hash.

use std::time::Duration;

use blobs::{Blobs, verified};
use bytes::Bytes;
use domain::Error;
use futures::TryStreamExt as _;

use crate::{bytes, sha256};

const SIZES: [usize; 7] = [0, 1, 8_192, 65_537, 262_144, 262_145, 5_000_000];

pub(crate) async fn puts_and_gets_any_size(blobs: &Blobs) {
    for size in SIZES {
        let body = bytes(1, size);
        let key = sha256(&body);

        blobs.put(&key, body.clone()).await.unwrap();

        assert_eq!(blobs.get(&key).await.unwrap(), body);
        assert_eq!(blobs.size(&key).await.unwrap(), Some(size as u64));
    }
}

pub(crate) async fn puts_again(blobs: &Blobs) {
    let body = bytes(2, 1_000);
    let key = sha256(&body);
    for _ in 0..3 {
        blobs.put(&key, body.clone()).await.unwrap();
    }
    assert_eq!(blobs.get(&key).await.unwrap(), body);
}

pub(crate) async fn puts_at_the_same_time(blobs: &Blobs) {
    let bodies: Vec<Bytes> = (0..48).map(|n| bytes(100 + n % 16, 20_000)).collect();
    let puts = bodies.iter().map(|body| async { blobs.put(&sha256(body), body.clone()).await });

    futures::future::try_join_all(puts).await.unwrap();

    for body in &bodies {
        assert_eq!(blobs.get(&sha256(body)).await.unwrap(), *body);
    }
}

pub(crate) async fn refuses_bytes_of_another_hash(blobs: &Blobs) {
    for size in [10, 100_000] {
        let key = sha256(&bytes(3, size));

        let error = blobs.put(&key, bytes(4, size)).await.unwrap_err();

        assert!(matches!(error, Error::Internal { .. }), "{error:?}");
        assert_eq!(blobs.size(&key).await.unwrap(), None);
    }
}

pub(crate) async fn has_nothing_under_an_unknown_key(blobs: &Blobs) {
    let key = sha256(b"never put");

    assert!(matches!(blobs.get(&key).await, Err(Error::NotFound { .. })));
    assert!(matches!(blobs.stream(&key).await.map(drop), Err(Error::NotFound { .. })));
    assert_eq!(blobs.size(&key).await.unwrap(), None);
}

pub(crate) async fn refuses_keys_that_are_none(blobs: &Blobs) {
    let good = sha256(b"");
    let upper = good.to_uppercase();
    let long = format!("{good}0");
    let accent = format!("{}é", &good[..62]);
    for key in ["", "../../etc/passwd", &good[..63], &long, &upper, &accent, "é"] {
        let refused = |error: Error| assert!(matches!(error, Error::Invalid { .. }), "{key}: {error:?}");
        refused(blobs.put(key, Bytes::new()).await.unwrap_err());
        refused(blobs.get(key).await.unwrap_err());
        refused(blobs.stream(key).await.map(drop).unwrap_err());
        refused(blobs.size(key).await.unwrap_err());
        refused(blobs.delete(key).await.unwrap_err());
    }
}

pub(crate) async fn streams_what_was_put(blobs: &Blobs) {
    for size in SIZES {
        let body = bytes(5, size);
        let key = sha256(&body);
        blobs.put(&key, body.clone()).await.unwrap();

        let (length, chunks) = blobs.stream(&key).await.unwrap();
        let chunks: Vec<Bytes> = verified(chunks, &key).try_collect().await.unwrap();

        assert_eq!(length, size as u64);
        assert_eq!(chunks.concat(), body);
    }
}

pub(crate) async fn deletes_once_and_again(blobs: &Blobs) {
    let body = bytes(6, 10);
    let key = sha256(&body);
    blobs.put(&key, body.clone()).await.unwrap();
    for _ in 0..2 {
        blobs.delete(&key).await.unwrap();
        assert_eq!(blobs.size(&key).await.unwrap(), None);
    }

    blobs.put(&key, body.clone()).await.unwrap();

    assert_eq!(blobs.get(&key).await.unwrap(), body);
}

pub(crate) async fn clones_share_the_store(blobs: &Blobs) {
    let key = sha256(b"shared");
    blobs.clone().put(&key, Bytes::from_static(b"shared")).await.unwrap();

    assert_eq!(blobs.get(&key).await.unwrap(), "shared");
}

pub(crate) async fn passes_the_check(blobs: &Blobs) {
    let checks = (0..8).map(|_| blobs.check());
    let checked = tokio::time::timeout(Duration::from_secs(20), futures::future::try_join_all(checks)).await;

    checked.unwrap().unwrap();
}
