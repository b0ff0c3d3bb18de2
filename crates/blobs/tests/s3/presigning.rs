//! Addresses for downloads.

use std::time::{Duration, Instant};

use domain::Error;

use crate::fault_proxy::{self, Fault};
use crate::http::get;
use crate::server::{body, endpoint, opening};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_address_gives_the_bytes_to_who_has_it() {
    let blobs = opening().open();
    let (key, body) = body(1, 3_000_000);
    blobs.put(&key, body.clone()).await.unwrap();
    assert!(blobs.can_presign());

    let address = blobs.presigned_get(&key, MINUTE).await.unwrap();

    assert!(address.starts_with(&endpoint()), "{address}");
    let (status, downloaded) = get(&address).await;
    assert_eq!(status, 200);
    assert!(downloaded == body);
}

#[tokio::test]
async fn an_address_is_for_one_blob_and_cannot_be_changed() {
    let blobs = opening().open();
    let (key, one) = body(1, 1_000);
    let (other_key, other) = body(2, 1_000);
    blobs.put(&key, one).await.unwrap();
    blobs.put(&other_key, other).await.unwrap();
    let address = blobs.presigned_get(&key, MINUTE).await.unwrap();
    let path = |key: &str| format!("sha256/{}/{}", &key[..2], &key[2..]);
    let last = if address.ends_with('0') { "1" } else { "0" };

    for tampered in [
        address.replace(&path(&key), &path(&other_key)),
        address.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"),
        format!("{}{last}", &address[..address.len() - 1]),
        address.split('?').next().unwrap().to_owned(),
    ] {
        assert_ne!(tampered, address);
        assert_eq!(get(&tampered).await.0, 403, "{tampered}");
    }
    assert_eq!(get(&address).await.0, 200);
}

#[tokio::test]
async fn an_address_is_of_no_use_after_its_life() {
    let blobs = opening().open();
    let (key, body) = body(3, 1_000);
    blobs.put(&key, body).await.unwrap();
    let address = blobs.presigned_get(&key, Duration::from_secs(2)).await.unwrap();
    assert_eq!(get(&address).await.0, 200);

    let deadline = Instant::now() + Duration::from_secs(20);
    while get(&address).await.0 != 403 {
        assert!(Instant::now() < deadline, "still good");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn an_address_points_at_the_public_endpoint_and_is_good_there_alone() {
    let public = fault_proxy::start(|_| Fault::None).await;
    let blobs = opening().public_endpoint(&format!("{public}/")).open();
    let (key, body) = body(4, 1_000);
    blobs.put(&key, body.clone()).await.unwrap();

    let address = blobs.presigned_get(&key, MINUTE).await.unwrap();

    assert!(address.starts_with(&format!("{public}/")), "{address}");
    assert_eq!(get(&address).await, (200, body.to_vec()));
    assert_eq!(get(&address.replace(&public, &endpoint())).await.0, 403);
}

#[tokio::test]
async fn lives_and_keys_that_cannot_be_are_refused() {
    let blobs = opening().open();
    let (key, _) = body(5, 10);
    for life in [Duration::ZERO, Duration::from_millis(999), Duration::from_secs(8 * 24 * 60 * 60)] {
        assert!(matches!(blobs.presigned_get(&key, life).await, Err(Error::Invalid { .. })));
    }
    assert!(matches!(blobs.presigned_get("../x", MINUTE).await, Err(Error::Invalid { .. })));
}
