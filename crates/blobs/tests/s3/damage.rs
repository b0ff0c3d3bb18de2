//! Bytes that are altered on their way in, or in the store itself.

use blobs::verified;
use domain::Error;
use futures::StreamExt as _;

use crate::fake_store::{self, Conditions};
use crate::http::{Reply, Request, forward, serve};
use crate::server::{body, endpoint, opening};

#[tokio::test]
async fn what_is_altered_or_cut_on_its_way_in_is_not_stored() {
    for spoil in [alter, cut] {
        let opening = opening();
        let direct = opening.open();
        let proxy = serve(move |mut request| async move {
            if request.method() == "PUT" {
                spoil(&mut request);
            }
            Reply::Bytes(forward(&endpoint(), &request).await)
        })
        .await;
        let spoiled = opening.with("AWS_ENDPOINT_URL", &proxy).open();
        let (key, body) = body(1, 100_000);

        assert!(spoiled.put(&key, body.clone()).await.unwrap_err().is_transient());
        assert_eq!(direct.size(&key).await.unwrap(), None);

        direct.put(&key, body).await.unwrap();
    }
}

fn alter(request: &mut Request) {
    *request.body.last_mut().unwrap() ^= 1;
}

fn cut(request: &mut Request) {
    let length = request.body.len();
    request.body.truncate(length / 2);
    request.head =
        request.head.replace(&format!("content-length: {length}"), &format!("content-length: {}", length / 2));
}

#[tokio::test]
async fn a_damaged_blob_is_never_handed_out_whole_and_put_repairs_it() {
    let fake = fake_store::start(Conditions::Obeyed).await;
    let opening = opening().with("AWS_ENDPOINT_URL", &fake);
    let blobs = opening.open();
    let (key, body) = body(2, 10);
    blobs.put(&key, body.clone()).await.unwrap();

    for damaged in [&b"2 of 10, X"[..], b"2 of 10, ", b"2 of 10, 22", b""] {
        let head = format!("PUT {} HTTP/1.1\r\ncontent-length: {}\r\n\r\n", opening.target(&key), damaged.len());
        forward(&fake, &Request { head, body: damaged.to_vec() }).await;

        assert!(matches!(blobs.get(&key).await, Err(Error::Internal { .. })));
        let (_, chunks) = blobs.stream(&key).await.unwrap();
        let passed: Vec<_> = verified(chunks, &key).collect().await;
        assert!(matches!(passed.as_slice(), [Err(Error::Internal { .. })]), "{passed:?}");

        blobs.put(&key, body.clone()).await.unwrap();
        assert_eq!(blobs.get(&key).await.unwrap(), body);
    }
}
