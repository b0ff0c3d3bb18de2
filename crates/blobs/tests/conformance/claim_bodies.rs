//! What holds for the marker that says whose a store is.

use blobs::Blobs;
use domain::Error;
use futures::future::join_all;

pub(crate) async fn is_claimed_once_and_again_by_its_owner(blobs: &Blobs) {
    for _ in 0..3 {
        blobs.claim("installation-1").await.unwrap();
    }
    blobs.check().await.unwrap();
    blobs.claim("installation-1").await.unwrap();
}

pub(crate) async fn refuses_another_installation(blobs: &Blobs) {
    blobs.claim("installation-1").await.unwrap();

    let error = blobs.claim("installation-2").await.unwrap_err();

    assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("it belongs to installation `installation-1` and this one is `installation-2`"), "{text}");
    blobs.claim("installation-1").await.unwrap();
}

pub(crate) async fn belongs_to_one_of_many_that_race(blobs: &Blobs) {
    let ids: Vec<String> = (0..8).map(|n| format!("racer-{n}")).collect();
    join_all(ids.iter().map(|id| blobs.claim(id))).await;

    // The server of the tests may let two of them write at the same time, which S3 does not: what counts is who
    // may stay.
    let stay = join_all(ids.iter().map(|id| blobs.claim(id))).await;

    assert_eq!(stay.iter().filter(|claim| claim.is_ok()).count(), 1, "{stay:?}");
    for refused in stay.iter().filter_map(|claim| claim.as_ref().err()) {
        assert!(matches!(refused, Error::Invalid { .. }), "{refused:?}");
    }
}

pub(crate) async fn refuses_ids_that_are_none(blobs: &Blobs) {
    for id in ["", "a b", "é", "a/b", &"a".repeat(129)] {
        assert!(matches!(blobs.claim(id).await, Err(Error::Invalid { .. })), "{id}");
    }
    blobs.claim("any-other_1").await.unwrap();
}
