//! `PUT`

use domain::{Stage, VersionStatus};
use store::versions::{self, Archived};

use crate::harness::{LIMIT, TestArchivist, gzip_like};

#[actix_web::test]
async fn an_upload_is_kept_and_handed_on() {
    let archivist = TestArchivist::start();
    let version = archivist.has_version().await;
    let bytes = gzip_like(1, 70_000);
    let headers = "Content-Length: 70000\r\nContent-Type: text/strange\r\nAuthorization: Bearer nonsense\r\n";

    let link = format!("{}/module.tar.gz", archivist.put_link(&version));
    let answer = archivist.request("PUT", &link, headers, &bytes).await;

    assert_eq!((answer.status, answer.body.len()), (200, 0));
    let stored = archivist.version(&version).await;
    assert_eq!(stored.status, VersionStatus::Pending);
    let key = stored.upload_key.unwrap();
    assert_eq!(archivist.staged(), std::slice::from_ref(&key));
    assert!(archivist.blobs.read_staged(&key).await.unwrap() == bytes);
}

#[actix_web::test]
async fn chunks_need_no_length() {
    let archivist = TestArchivist::start();
    let version = archivist.has_version().await;
    // The magic number is split between two chunks.
    let body = b"1\r\n\x1f\r\n3\r\n\x8bab\r\n0\r\n\r\n";

    let answer = archivist.request("PUT", &archivist.put_link(&version), "Transfer-Encoding: chunked\r\n", body).await;

    assert_eq!(answer.status, 200);
    let key = archivist.version(&version).await.upload_key.unwrap();
    assert_eq!(archivist.blobs.read_staged(&key).await.unwrap().as_ref(), b"\x1f\x8bab");
}

#[actix_web::test]
async fn a_client_may_ask_before_it_sends() {
    let archivist = TestArchivist::start();
    let version = archivist.has_version().await;
    let headers = "Content-Length: 100\r\nExpect: 100-continue\r\n";

    let answer = archivist.request("PUT", &archivist.put_link(&version), headers, &gzip_like(1, 100)).await;

    assert_eq!(answer.status, 100);
    assert!(answer.body.starts_with(b"HTTP/1.1 200 OK"));
}

#[actix_web::test]
async fn the_same_bytes_again_change_nothing() {
    let archivist = TestArchivist::start();
    let version = archivist.has_version().await;
    let link = archivist.put_link(&version);
    assert_eq!(archivist.put(&link, &gzip_like(1, 1000)).await.status, 200);
    let staged = archivist.staged();

    assert_eq!(archivist.put(&link, &gzip_like(1, 1000)).await.status, 200);

    assert_eq!(archivist.staged(), staged);
    assert_eq!(archivist.version(&version).await.upload_key.as_ref(), staged.first());
}

#[actix_web::test]
async fn the_last_upload_wins_until_the_version_is_sealed() {
    let archivist = TestArchivist::start();
    let version = archivist.has_version().await;
    let link = archivist.put_link(&version);
    assert_eq!(archivist.put(&link, &gzip_like(1, 1000)).await.status, 200);
    assert_eq!(archivist.put(&link, &gzip_like(2, 1000)).await.status, 200);
    let key = archivist.version(&version).await.upload_key.unwrap();
    assert!(archivist.blobs.read_staged(&key).await.unwrap() == gzip_like(2, 1000));
    assert_eq!(archivist.staged(), [key]);
    make_ok_and_seal(&archivist, &version).await;

    let other = archivist.put(&link, &gzip_like(3, 1000)).await;

    assert_eq!(other.status, 409);
    assert!(other.error().contains("1.0.0 is published"), "{}", other.error());
    assert_eq!(archivist.put(&link, &gzip_like(2, 1000)).await.status, 200);
    assert_eq!(archivist.staged().len(), 1);
    assert_eq!(archivist.version(&version).await.status, VersionStatus::Ok);
}

#[actix_web::test]
async fn a_failed_version_takes_the_same_bytes_again() {
    let archivist = TestArchivist::start();
    let version = archivist.has_version().await;
    let link = archivist.put_link(&version);
    assert_eq!(archivist.put(&link, &gzip_like(1, 1000)).await.status, 200);
    let id = version.clone();
    let failed = move |session: &mut store::Connection| versions::set_errored(session, &id, Stage::Content, "no");
    archivist.store.write(failed).await.unwrap();

    assert_eq!(archivist.put(&link, &gzip_like(1, 1000)).await.status, 200);

    assert_eq!(archivist.version(&version).await.status, VersionStatus::Pending);
    assert_eq!(archivist.staged().len(), 1);
}

#[actix_web::test]
async fn what_is_too_large_is_refused_and_leaves_nothing() {
    let archivist = TestArchivist::start();
    let version = archivist.has_version().await;
    let link = archivist.put_link(&version);
    let at_limit = gzip_like(1, LIMIT as usize);
    let above = gzip_like(1, LIMIT as usize + 1);
    let chunked = [format!("{:x}\r\n", above.len()).as_bytes(), &above, b"\r\n0\r\n\r\n"].concat();

    let declared = archivist.put(&link, &above).await;
    let far_above = archivist.put(&link, &gzip_like(1, 20_000_000)).await;
    let undeclared = archivist.request("PUT", &link, "Transfer-Encoding: chunked\r\n", &chunked).await;

    for answer in [declared, far_above, undeclared] {
        assert_eq!(answer.status, 413);
        assert_eq!(answer.error(), "the upload is larger than the limit of 100000 bytes");
    }
    assert_eq!(archivist.staged(), Vec::<String>::new());
    assert_eq!(archivist.version(&version).await.status, VersionStatus::NotUploaded);
    assert_eq!(archivist.put(&link, &at_limit).await.status, 200);
}

#[actix_web::test]
async fn what_is_no_gzip_is_refused_and_leaves_nothing() {
    let archivist = TestArchivist::start();
    let version = archivist.has_version().await;
    let link = archivist.put_link(&version);

    for (body, named) in
        [(&b""[..], "is empty"), (b"\x1f", "1f 8b"), (b"PK\x03\x04", "1f 8b"), (b"\x1f\x8a..", "1f 8b")]
    {
        let answer = archivist.put(&link, body).await;
        assert_eq!(answer.status, 422, "{body:?}");
        assert!(answer.error().contains(named), "{}", answer.error());
    }
    let large = vec![b'x'; LIMIT as usize];
    assert_eq!(archivist.put(&link, &large).await.status, 422);
    assert_eq!(archivist.staged(), Vec::<String>::new());
}

#[actix_web::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let archivist = TestArchivist::start();
    let version = archivist.has_version().await;

    archivist.break_off(&archivist.put_link(&version), &gzip_like(1, 50_000)).await;

    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(archivist.staged(), Vec::<String>::new());
    assert_eq!(archivist.version(&version).await.status, VersionStatus::NotUploaded);
}

#[actix_web::test]
async fn links_for_something_else_take_no_upload() {
    let archivist = TestArchivist::start();
    let hash = archivist.has_blob(b"x").await;

    assert_eq!(archivist.put(&archivist.get_link(&hash, 1, 60), &gzip_like(1, 10)).await.status, 403);
    assert_eq!(archivist.put("/v1/object/x/y", &gzip_like(1, 10)).await.status, 403);
    assert_eq!(archivist.put(&archivist.put_link("modver-gone"), &gzip_like(1, 10)).await.status, 404);
    assert_eq!(archivist.staged(), Vec::<String>::new());
}

async fn make_ok_and_seal(archivist: &TestArchivist, version: &str) {
    let id = version.to_owned();
    archivist
        .store
        .write(move |session| {
            let module = versions::load(session, &id)?.module_id;
            let module = store::modules::load(session, &module)?;
            versions::set_archived(
                session,
                &id,
                &Archived {
                    archive_sha256: "ab".repeat(32),
                    tar_sha256: "cd".repeat(32),
                    size: 1,
                    directory: String::new(),
                    submodules: false,
                    notes: "[]".to_owned(),
                    published_at: 0,
                },
            )?;
            versions::set_ok(session, &module, &id, "{}", &[])?;
            versions::seal(session, &id).map(drop)
        })
        .await
        .unwrap();
}
