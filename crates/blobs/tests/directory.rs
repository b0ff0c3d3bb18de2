//! What holds for a directory alone: its layout, damage, leftovers, and addresses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use blobs::{Blobs, verified};
use bytes::Bytes;
use domain::Error;
use futures::{StreamExt as _, stream};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

const BODY: &[u8] = b"some bytes";

fn open() -> (Blobs, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(&format!("file://{}", directory.path().display())).unwrap();
    (blobs, directory)
}

fn key() -> String {
    hex::encode(Sha256::digest(BODY))
}

/// Puts [`BODY`] and returns its file.
async fn put(blobs: &Blobs, directory: &TempDir) -> PathBuf {
    blobs.put(&key(), Bytes::from_static(BODY)).await.unwrap();
    directory.path().join("sha256").join(&key()[..2]).join(&key()[2..])
}

#[tokio::test]
async fn files_are_where_an_operator_looks_for_them_and_nothing_else_is() {
    let (blobs, directory) = open();
    let file = put(&blobs, &directory).await;
    blobs.stage("upload", stream::iter([Ok(Bytes::from_static(BODY))]), 100).await.unwrap();
    blobs.check().await.unwrap();

    assert_eq!(fs::read(&file).unwrap(), BODY);
    assert_eq!(fs::read(directory.path().join("staging/upload")).unwrap(), BODY);
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    assert_eq!(fs::read_dir(directory.path().join("probe")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_damaged_file_is_never_handed_out_whole_and_put_repairs_it() {
    let (blobs, directory) = open();
    let file = put(&blobs, &directory).await;
    for damaged in [&b"some bytez"[..], b"some byte", b"some bytes!", b""] {
        fs::write(&file, damaged).unwrap();

        assert!(matches!(blobs.get(&key()).await, Err(Error::Internal { .. })));
        let (_, chunks) = blobs.stream(&key()).await.unwrap();
        let passed: Vec<_> = verified(chunks, &key()).collect().await;
        assert!(matches!(passed.as_slice(), [Err(Error::Internal { .. })]), "{passed:?}");

        put(&blobs, &directory).await;
        assert_eq!(blobs.get(&key()).await.unwrap(), BODY);
    }
}

#[tokio::test]
async fn a_file_cut_short_while_it_is_read_ends_in_an_error() {
    let (blobs, directory) = open();
    let body = vec![7; 1_000_000];
    let key = hex::encode(Sha256::digest(&body));
    blobs.put(&key, body.into()).await.unwrap();
    let (size, mut chunks) = blobs.stream(&key).await.unwrap();
    assert_eq!(size, 1_000_000);
    let first = chunks.next().await.unwrap().unwrap();
    assert_eq!(first.len(), 256 * 1024);

    let file = directory.path().join("sha256").join(&key[..2]).join(&key[2..]);
    fs::OpenOptions::new().write(true).open(file).unwrap().set_len(300_000).unwrap();

    assert_eq!(chunks.next().await.unwrap().unwrap().len(), 300_000 - 256 * 1024);
    assert!(chunks.next().await.unwrap().unwrap_err().chain().contains("cut short"));
    assert!(chunks.next().await.is_none());
}

#[tokio::test]
async fn leftovers_of_a_dead_process_are_removed_when_they_are_old() {
    let (blobs, directory) = open();
    let file = put(&blobs, &directory).await;
    let leftover = file.with_file_name(format!("{}#1", &key()[2..]));
    fs::write(&leftover, b"some by").unwrap();
    fs::create_dir(directory.path().join("staging")).unwrap();
    fs::write(directory.path().join("staging/upload#3"), b"some by").unwrap();
    let later = SystemTime::now() + Duration::from_secs(60);

    assert!(blobs.list_staged_older_than(later).await.unwrap().is_empty());
    assert_eq!(blobs.remove_leftovers(SystemTime::now() - Duration::from_secs(60)).await.unwrap(), 0);
    assert_eq!(blobs.remove_leftovers(later).await.unwrap(), 2);

    assert!(!leftover.exists());
    assert_eq!(blobs.get(&key()).await.unwrap(), BODY);
}

#[tokio::test]
async fn an_upload_that_is_dropped_leaves_nothing() {
    let (blobs, directory) = open();
    let endless = stream::iter((0..40).map(|_| Ok(Bytes::from(vec![1; 100_000])))).chain(stream::pending());

    let staged = tokio::time::timeout(Duration::from_millis(500), blobs.stage("upload", endless, u64::MAX)).await;

    assert!(staged.is_err(), "did not wait");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(fs::read_dir(directory.path().join("staging")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_new_directory_is_its_owners_alone_and_may_have_odd_characters() {
    let parent = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(&format!("file://{}/a%20b/c", parent.path().display())).unwrap();

    blobs.check().await.unwrap();

    let mode = fs::metadata(parent.path().join("a b/c")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_fails_with_its_cause() {
    let (_, directory) = open();
    fs::write(directory.path().join("file"), "").unwrap();

    let error = Blobs::open(&format!("file://{}/file", directory.path().display())).map(drop).unwrap_err();

    assert!(error.is_transient(), "{error:?}");
}

#[test]
fn addresses_that_are_not_served_are_refused_with_what_is() {
    for (url, expected) in [
        ("ftp://bucket/prefix", "begins with ftp: and must have a scheme that this build serves: file, s3, gs or az"),
        ("memory://", "this build serves: file"),
        ("file://data/blobs", "must be absolute"),
        ("data/blobs", "must be a URL such as file:///"),
        ("", "must be a URL such as file:///"),
    ] {
        let error = Blobs::open(url).map(drop).unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
        assert!(error.to_string().contains(expected), "{url}: {error}");
    }
}
