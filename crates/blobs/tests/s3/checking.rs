//! What somebody reads who set something wrong.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use blobs::Blobs;
use domain::Error;

use crate::fake_store::Conditions;
use crate::http::{Reply, serve};
use crate::server::{body, opening};
use crate::{fake_store, fault_proxy};

/// What [`Blobs::check`] says of a store that cannot be used, within a bounded time.
async fn complaint(blobs: &Blobs) -> String {
    let start = Instant::now();
    let error = blobs.check().await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(20), "took {:?}", start.elapsed());
    error.chain()
}

#[tokio::test]
async fn a_store_that_ignores_conditions_is_refused() {
    let blobs = opening().with("AWS_ENDPOINT_URL", &fake_store::start(Conditions::Ignored).await).open();

    let error = blobs.check().await.unwrap_err();

    assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
    assert!(error.to_string().contains("must support conditional puts (If-None-Match)"), "{error}");
    opening().with("AWS_ENDPOINT_URL", &fake_store::start(Conditions::Obeyed).await).open().check().await.unwrap();
}

#[tokio::test]
async fn wrong_credentials_are_named_and_not_shown() {
    let secret = "not-the-secret-of-anybody";
    let complaint = complaint(&opening().with("AWS_SECRET_ACCESS_KEY", secret).open()).await;

    assert!(complaint.contains("SignatureDoesNotMatch"), "{complaint}");
    assert!(complaint.contains("Look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"), "{complaint}");
    assert!(!complaint.contains(secret), "{complaint}");
}

#[tokio::test]
async fn a_missing_bucket_is_named() {
    let complaint = complaint(&opening().bucket("no-such-bucket").open()).await;

    assert!(complaint.contains("404 NoSuchBucket"), "{complaint}");
    assert!(complaint.contains("Look at the address of the blobs, whose bucket must exist"), "{complaint}");
}

#[tokio::test]
async fn a_server_that_names_the_missing_bucket_has_neither_lost_nor_deleted_a_blob() {
    let endpoint = serve(|_| async { Reply::status(404, "<Error><Code>NoSuchBucket</Code></Error>") }).await;
    let blobs = opening().with("AWS_ENDPOINT_URL", &endpoint).open();
    let (key, body) = body(1, 10);

    assert!(blobs.put(&key, body).await.unwrap_err().is_transient());
    assert!(blobs.get(&key).await.unwrap_err().is_transient());
    assert!(blobs.delete(&key).await.unwrap_err().is_transient());
}

#[tokio::test]
async fn an_endpoint_where_nobody_listens_is_named() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let blobs = opening().with("AWS_ENDPOINT_URL", &format!("http://{address}")).open();

    let complaint = complaint(&blobs).await;

    assert!(complaint.contains("cannot connect to the store"), "{complaint}");
    assert!(complaint.contains("Look at AWS_ENDPOINT_URL and AWS_REGION"), "{complaint}");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let endpoint = serve(|_| async { Reply::Silence }).await;
    let blobs = opening().with("AWS_ENDPOINT_URL", &endpoint).with("AWS_READ_TIMEOUT", "200ms").open();

    let complaint = complaint(&blobs).await;

    assert!(complaint.contains("did not answer in time"), "{complaint}");
    assert!(complaint.contains("AWS_ENDPOINT_URL"), "{complaint}");
}

#[tokio::test]
async fn missing_rights_are_named() {
    let denied = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    let endpoint = serve(move |_| async move { Reply::status(403, denied) }).await;
    let complaint = complaint(&opening().with("AWS_ENDPOINT_URL", &endpoint).open()).await;

    assert!(complaint.contains("403 AccessDenied (Access Denied)"), "{complaint}");
    assert!(complaint.contains("must allow to read, write, delete and list in this bucket"), "{complaint}");
}

#[tokio::test]
async fn a_full_store_is_told_apart() {
    for (status, code) in [(507, "InsufficientStorage"), (500, "XMinioStorageFull"), (403, "QuotaExceeded")] {
        let endpoint = serve(move |_| async move { Reply::status(status, &format!("<Code>{code}</Code>")) }).await;
        let blobs = opening().with("AWS_ENDPOINT_URL", &endpoint).open();
        let (key, body) = body(2, 10);

        for error in [blobs.put(&key, body).await.unwrap_err(), blobs.check().await.unwrap_err()] {
            assert!(matches!(error, domain::Error::NoSpace { .. }) && error.is_transient(), "{error:?}");
        }
    }
}

#[tokio::test]
async fn other_troubles_are_not_a_full_store() {
    let endpoint = fault_proxy::start(|_| fault_proxy::Fault::Status(503)).await;
    let (key, body) = body(3, 10);

    let error = opening().with("AWS_ENDPOINT_URL", &endpoint).open().put(&key, body).await.unwrap_err();

    assert!(!matches!(error, domain::Error::NoSpace { .. }) && error.is_transient(), "{error:?}");
}
