//! Every sentence that the docs of `Blobs` say, on every store. A new store is one more module at the end.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod blobs_bodies;
mod claim_bodies;
mod staging_bodies;

use bytes::Bytes;
use futures::Stream;
use sha2::{Digest as _, Sha256};

/// `length` bytes that differ from those of any other `seed`.
fn bytes(seed: u64, length: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn chunked(bytes: &Bytes, length: usize) -> impl Stream<Item = Result<Bytes, domain::Error>> + Send + use<> {
    let chunks: Vec<_> = bytes.chunks(length).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    futures::stream::iter(chunks)
}

/// Makes one test of each body, on a store of its own.
macro_rules! conforms {
    ($store:ident, $open:expr) => {
        mod $store {
            conforms!(@tests $open, crate::blobs_bodies,
                puts_and_gets_any_size,
                puts_again,
                puts_at_the_same_time,
                refuses_bytes_of_another_hash,
                has_nothing_under_an_unknown_key,
                refuses_keys_that_are_none,
                streams_what_was_put,
                deletes_once_and_again,
                clones_share_the_store,
                passes_the_check);
            conforms!(@tests $open, crate::staging_bodies,
                stages_and_reads_any_size,
                replaces_what_was_staged,
                keeps_what_was_staged_when_an_upload_fails,
                leaves_nothing_of_what_is_too_large,
                leaves_nothing_of_what_broke_off,
                lists_by_age_and_deletes,
                refuses_staging_keys_that_are_none,
                keeps_uploads_and_blobs_apart);
            conforms!(@tests $open, crate::claim_bodies,
                is_claimed_once_and_again_by_its_owner,
                refuses_another_installation,
                belongs_to_one_of_many_that_race,
                refuses_ids_that_are_none);
        }
    };
    (@tests $open:expr, $bodies:path, $($body:ident),*) => {
        $(
            #[tokio::test]
            async fn $body() {
                use $bodies as bodies;
                let (blobs, _keep) = $open;
                bodies::$body(&blobs).await;
            }
        )*
    };
}

fn directory() -> (blobs::Blobs, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let blobs = blobs::Blobs::open(&format!("file://{}/new/blobs", directory.path().display())).unwrap();
    (blobs, directory)
}

/// A prefix of its own for each test, in the bucket that the variables name.
fn s3() -> (blobs::Blobs, ()) {
    // Twice is fine.
    drop(rustls::crypto::ring::default_provider().install_default());
    let bucket = std::env::var("QUARRY_TEST_S3_BUCKET");
    let bucket = bucket.unwrap_or_else(|_| panic!("no S3 server for tests: run `make test`, or `make services`"));
    (blobs::Blobs::open(&format!("s3://{bucket}/conformance/{}", uuid::Uuid::new_v4())).unwrap(), ())
}

conforms!(file, crate::directory());
conforms!(s3, crate::s3());
