//! What holds for uploads.

use std::time::{Duration, SystemTime};

use blobs::{Blobs, Staged};
use bytes::Bytes;
use domain::Error;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::{bytes, chunked, sha256};

const LIMIT: u64 = 64 << 20;

pub(crate) async fn stages_and_reads_any_size(blobs: &Blobs) {
    for size in [0, 1, 65_536, 1_048_576, 1_048_577, 6_000_000, 17_000_000] {
        let body = bytes(7, size);

        let staged = blobs.stage("upload-1", chunked(&body, 60_001), size as u64).await.unwrap();

        assert_eq!(staged, Staged { sha256_hex: sha256(&body), size: size as u64 });
        assert!(blobs.read_staged("upload-1").await.unwrap() == body, "{size}");
        let (length, chunks) = blobs.stream_staged("upload-1").await.unwrap();
        assert_eq!(length, size as u64);
        assert!(chunks.try_collect::<Vec<_>>().await.unwrap().concat() == body, "{size}");
    }
}

pub(crate) async fn replaces_what_was_staged(blobs: &Blobs) {
    for size in [5_000_000, 10, 5_000_001] {
        let body = bytes(8, size);
        blobs.stage("again", chunked(&body, 60_000), LIMIT).await.unwrap();
        assert!(blobs.read_staged("again").await.unwrap() == body);
    }
}

pub(crate) async fn keeps_what_was_staged_when_an_upload_fails(blobs: &Blobs) {
    let body = bytes(9, 100);
    blobs.stage("kept", chunked(&body, 60), LIMIT).await.unwrap();

    let larger = chunked(&bytes(10, 3_000_000), 60_000);
    blobs.stage("kept", larger, 2_999_999).await.unwrap_err();

    assert_eq!(blobs.read_staged("kept").await.unwrap(), body);
}

pub(crate) async fn leaves_nothing_of_what_is_too_large(blobs: &Blobs) {
    for size in [11, 3_000_000] {
        let limit = size - 1;
        // Without an end: the limit must be seen on the way.
        let endless = chunked(&bytes(11, size), 50_000).chain(stream::repeat_with(|| Ok(Bytes::from_static(b"more"))));

        let error = blobs.stage("large", endless, limit as u64).await.unwrap_err();

        assert!(matches!(error, Error::TooLarge { limit: named, .. } if named == limit as u64), "{error:?}");
        nothing_staged(blobs, "large").await;
    }
}

pub(crate) async fn leaves_nothing_of_what_broke_off(blobs: &Blobs) {
    for size in [0, 10, 3_000_000] {
        let broken = || Err(Error::unavailable("receiving an upload", "connection reset"));
        let stream = chunked(&bytes(12, size), 50_000).chain(stream::once(async move { broken() }));

        let error = blobs.stage("broken", stream, LIMIT).await.unwrap_err();

        assert_eq!(error.chain(), "unavailable while receiving an upload: connection reset");
        nothing_staged(blobs, "broken").await;
    }
}

async fn nothing_staged(blobs: &Blobs, key: &str) {
    assert!(matches!(blobs.read_staged(key).await, Err(Error::NotFound { .. })));
    assert!(matches!(blobs.stream_staged(key).await.map(drop), Err(Error::NotFound { .. })));
    let later = SystemTime::now() + Duration::from_secs(60);
    assert!(blobs.list_staged_older_than(later).await.unwrap().is_empty());
    assert_eq!(blobs.remove_leftovers(later).await.unwrap(), 0);
}

pub(crate) async fn lists_by_age_and_deletes(blobs: &Blobs) {
    let later = SystemTime::now() + Duration::from_secs(60);
    let earlier = SystemTime::now() - Duration::from_secs(60);
    assert!(blobs.list_staged_older_than(later).await.unwrap().is_empty());
    for key in ["one", "two"] {
        blobs.stage(key, chunked(&bytes(13, 10), 3), LIMIT).await.unwrap();
    }

    let mut listed = blobs.list_staged_older_than(later).await.unwrap();
    listed.sort();
    assert_eq!(listed, ["one", "two"]);
    assert!(blobs.list_staged_older_than(earlier).await.unwrap().is_empty());

    for _ in 0..2 {
        blobs.delete_staged("one").await.unwrap();
        assert_eq!(blobs.list_staged_older_than(later).await.unwrap(), ["two"]);
    }
}

pub(crate) async fn refuses_staging_keys_that_are_none(blobs: &Blobs) {
    let long = "a".repeat(129);
    for key in ["", ".", "..", "a/b", "a#1", "a b", "é", "a.b", &long] {
        let refused = |error: Error| assert!(matches!(error, Error::Invalid { .. }), "{key}: {error:?}");
        refused(blobs.stage(key, stream::empty(), LIMIT).await.unwrap_err());
        refused(blobs.read_staged(key).await.unwrap_err());
        refused(blobs.delete_staged(key).await.unwrap_err());
    }
}

pub(crate) async fn keeps_uploads_and_blobs_apart(blobs: &Blobs) {
    let body = bytes(14, 10);
    let key = sha256(&body);
    blobs.stage(&key, chunked(&body, 10), LIMIT).await.unwrap();
    assert_eq!(blobs.size(&key).await.unwrap(), None);

    blobs.put(&key, body.clone()).await.unwrap();
    blobs.delete_staged(&key).await.unwrap();

    assert_eq!(blobs.get(&key).await.unwrap(), body);
}
