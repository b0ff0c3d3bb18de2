//! A network and a server that fail now and then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use blobs::{Blobs, verified};
use bytes::Bytes;
use domain::Error;
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::fault_proxy::{self, Fault, now_and_then};
use crate::http::Request;
use crate::server::{Opening, body, opening};

const AT_ONCE: usize = 8;

/// The same store through a proxy with `percent` faults, and without; and how many faults there were.
async fn with_faults(percent: u64) -> (Blobs, Blobs, Arc<AtomicUsize>) {
    let opening = opening();
    let direct = opening.open();
    let faults = Arc::default();
    let endpoint = fault_proxy::start(now_and_then(percent, Arc::clone(&faults))).await;
    (opening.with("AWS_ENDPOINT_URL", &endpoint).open(), direct, faults)
}

#[tokio::test]
async fn what_was_put_is_there_and_what_was_read_is_right_whatever_fails() {
    let (faulty, direct, faults) = with_faults(20).await;
    let puts = stream::iter(0..200).map(|n: u64| {
        let (faulty, direct) = (&faulty, &direct);
        async move {
            let (key, body) = body(n, 50 + 997 * usize::try_from(n).unwrap());
            let failed = match faulty.put(&key, body.clone()).await {
                Ok(()) => 0,
                Err(error) => {
                    assert!(error.is_transient(), "{error:?}");
                    direct.put(&key, body.clone()).await.unwrap();
                    1
                }
            };
            assert!(direct.get(&key).await.unwrap() == body);
            failed + read_again_and_again(faulty, &key, &body).await
        }
    });

    let failed: u32 = puts.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await.into_iter().sum();

    // Most faults are mended by trying again.
    let faults = faults.load(Ordering::SeqCst);
    println!("{faults} faults, {failed} failed calls");
    assert!(faults > 60 && failed < 100, "{faults} faults, {failed} failed calls");
}

/// Reads until it succeeds. Returns how often it failed.
async fn read_again_and_again(blobs: &Blobs, key: &str, body: &Bytes) -> u32 {
    for failed in 0..10 {
        match blobs.get(key).await {
            Ok(read) => {
                assert!(read == *body);
                return failed;
            }
            Err(error) => assert!(error.is_transient(), "{error:?}"),
        }
    }
    panic!("ten reads failed");
}

#[tokio::test]
async fn uploads_are_whole_or_failed() {
    let (faulty, direct, _) = with_faults(20).await;
    for n in 0..6 {
        let (hash, body) = body(n, 17_000_000 - 8_400_000 * (usize::try_from(n).unwrap() % 2));
        let key = format!("upload-{n}");
        let chunks =
            || stream::iter(body.chunks(1_000_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect::<Vec<_>>());
        match faulty.stage(&key, chunks(), u64::MAX).await {
            Ok(staged) => assert_eq!(staged.sha256_hex, hash),
            Err(error) => {
                assert!(error.is_transient(), "{error:?}");
                direct.stage(&key, chunks(), u64::MAX).await.unwrap();
            }
        }
        assert!(direct.read_staged(&key).await.unwrap() == body);
    }
}

#[tokio::test]
async fn a_put_whose_answer_is_lost_can_be_repeated() {
    let (blobs, lose) = through(opening(), |request| match request.method() {
        "PUT" => Fault::LoseAnswer,
        _ => Fault::None,
    })
    .await;
    let (key, body) = body(1, 100_000);

    let error = blobs.put(&key, body.clone()).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert!(blobs.get(&key).await.unwrap() == body, "it had happened");

    lose.store(false, Ordering::SeqCst);
    blobs.put(&key, body).await.unwrap();
}

/// A store through a proxy with faults for as long as the switch is on.
async fn through(opening: Opening, plan: fn(&Request) -> Fault) -> (Blobs, Arc<AtomicBool>) {
    let on = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&on);
    let endpoint = fault_proxy::start(move |request| match switch.load(Ordering::SeqCst) {
        true => plan(request),
        false => Fault::None,
    })
    .await;
    (opening.with("AWS_ENDPOINT_URL", &endpoint).open(), on)
}

#[tokio::test]
async fn what_breaks_off_is_an_error_and_never_a_short_success() {
    let (blobs, cut) = through(opening(), |request| match request.method() {
        "GET" => Fault::CutAnswer,
        _ => Fault::None,
    })
    .await;
    let (key, body) = body(2, 1_000_000);
    blobs.put(&key, body.clone()).await.unwrap();
    blobs.stage("upload", stream::iter([Ok(body.clone())]), u64::MAX).await.unwrap();

    assert!(matches!(blobs.get(&key).await, Err(Error::Unavailable { .. })));
    assert!(matches!(blobs.read_staged("upload").await, Err(Error::Unavailable { .. })));
    let (length, chunks) = blobs.stream(&key).await.unwrap();
    assert_eq!(length, 1_000_000);
    let error = verified(chunks, &key).try_collect::<Vec<_>>().await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    // Nor is it taken for damage that a put repairs.
    assert!(blobs.put(&key, body.clone()).await.unwrap_err().is_transient());

    cut.store(false, Ordering::SeqCst);
    assert!(blobs.get(&key).await.unwrap() == body);
    blobs.put(&key, body.clone()).await.unwrap();
    assert!(blobs.read_staged("upload").await.unwrap() == body);
}

#[tokio::test]
async fn a_break_or_two_in_a_download_are_mended() {
    let breaks = AtomicU32::new(2);
    let opening = opening();
    let endpoint = fault_proxy::start(move |request| {
        let next = breaks.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if request.method() == "GET" && next.is_ok() { Fault::CutAnswer } else { Fault::None }
    })
    .await;
    let direct = opening.open();
    let blobs = opening.with("AWS_ENDPOINT_URL", &endpoint).open();
    let (key, body) = body(3, 1_000_000);
    direct.put(&key, body.clone()).await.unwrap();

    assert!(blobs.get(&key).await.unwrap() == body);
}
