//! `GET` and `HEAD`

use crate::harness::{TestArchivist, gzip_like};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const LENGTH: usize = 700_000;

#[actix_web::test]
async fn a_good_link_gives_the_whole_blob_as_often_as_wanted() {
    let archivist = TestArchivist::start();
    let bytes = gzip_like(1, LENGTH);
    let hash = archivist.has_blob(&bytes).await;
    let link = archivist.get_link(&hash, LENGTH, 60);

    for tail in ["", "/acme-vpc-aws-1.0.0.tar.gz?terraform-get=1", "/any name/at//all.tar.gz?archive=tar.gz"] {
        let answer = archivist.get(&format!("{link}{}", tail.replace(' ', "%20"))).await;

        assert_eq!(answer.status, 200, "{tail}");
        assert_eq!(answer.header("content-type"), Some("application/gzip"));
        assert_eq!(answer.header("content-length"), Some("700000"));
        assert_eq!(answer.header("cache-control"), Some("private"));
        assert_eq!(answer.header("content-encoding"), None);
        assert_eq!(answer.header("accept-ranges"), None);
        assert!(answer.body == bytes, "{tail}");
    }
}

#[actix_web::test]
async fn head_gives_the_same_headers_and_no_body() {
    let archivist = TestArchivist::start();
    let hash = archivist.has_blob(&gzip_like(1, LENGTH)).await;
    let link = archivist.get_link(&hash, LENGTH, 60);

    let head = archivist.request("HEAD", &link, "", b"").await;

    let without_date = |headers: &[(String, String)]| -> Vec<_> {
        let mut rest: Vec<_> = headers.iter().filter(|(name, _)| name != "date").cloned().collect();
        rest.sort();
        rest
    };
    assert_eq!(head.status, 200);
    assert_eq!(without_date(&head.headers), without_date(&archivist.get(&link).await.headers));
    assert!(head.body.is_empty());
}

#[actix_web::test]
async fn a_connection_serves_head_and_then_get() {
    let archivist = TestArchivist::start();
    let link = archivist.get_link(&archivist.has_blob(&gzip_like(1, LENGTH)).await, LENGTH, 60);
    let mut connection = archivist.connect().await;

    for (method, end) in [("HEAD", b"\r\n\r\n".to_vec()), ("GET", gzip_like(1, LENGTH)), ("HEAD", b"\r\n\r\n".to_vec())]
    {
        let request = format!("{method} {link} HTTP/1.1\r\nHost: archivist\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut received = Vec::new();
        while !received.ends_with(&end) {
            assert_ne!(connection.read_buf(&mut received).await.unwrap(), 0, "{method}");
        }
        assert!(received.starts_with(b"HTTP/1.1 200 OK"), "{method}");
    }
}

#[actix_web::test]
async fn links_that_are_not_good_are_refused() {
    let archivist = TestArchivist::start();
    let hash = archivist.has_blob(&gzip_like(1, 100)).await;
    let good = archivist.get_link(&hash, 100, 60);
    let flipped = if good.ends_with('A') { "B" } else { "A" };
    let altered = format!("{}{flipped}", &good[..good.len() - 1]);
    let cut = good[..good.len() - 10].to_owned();
    let middle = good.replacen("local.", "local.A", 1);

    for link in [altered, cut, middle, "/v1/object/x".to_owned(), archivist.put_link("modver-1")] {
        for method in ["GET", "HEAD"] {
            let answer = archivist.request(method, &link, "", b"").await;
            assert_eq!(answer.status, 403, "{link}");
        }
        assert_eq!(archivist.get(&link).await.error(), "not allowed to use this link: it is not valid");
    }
    let answer = archivist.get(&archivist.get_link(&hash, 100, 0)).await;
    assert_eq!(answer.status, 403);
    assert!(answer.error().contains("expired; run init"), "{}", answer.error());
}

#[actix_web::test]
async fn a_blob_that_is_gone_is_not_found() {
    let archivist = TestArchivist::start();
    let link = archivist.get_link(&"ab".repeat(32), 100, 60);

    assert_eq!(archivist.get(&link).await.status, 404);
    assert_eq!(archivist.request("HEAD", &link, "", b"").await.status, 404);
}

#[actix_web::test]
async fn an_altered_blob_is_never_sent_whole() {
    let archivist = TestArchivist::start();
    let bytes = gzip_like(1, LENGTH);
    let hash = archivist.has_blob(&bytes).await;
    for at in [10, LENGTH / 2, LENGTH - 1] {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        std::fs::write(archivist.blob_file(&hash), &altered).unwrap();

        let path = archivist.get_link(&hash, LENGTH, 60);
        let received = archivist.exchange("GET", &path, "", b"").await;

        // The head alone has some two hundred bytes.
        assert!(received.len() < LENGTH, "{} of {LENGTH} bytes", received.len());
    }
}

#[actix_web::test]
async fn a_small_altered_blob_is_an_error_at_once() {
    let archivist = TestArchivist::start();
    let hash = archivist.has_blob(&gzip_like(1, 100)).await;
    std::fs::write(archivist.blob_file(&hash), gzip_like(2, 100)).unwrap();

    let answer = archivist.get(&archivist.get_link(&hash, 100, 60)).await;

    assert_eq!(answer.status, 500);
    assert!(!answer.error().contains(&hash));
}

#[actix_web::test]
async fn a_blob_of_another_length_is_an_error_at_once() {
    let archivist = TestArchivist::start();
    let hash = archivist.has_blob(&gzip_like(1, LENGTH)).await;
    std::fs::write(archivist.blob_file(&hash), gzip_like(1, LENGTH - 1)).unwrap();
    let link = archivist.get_link(&hash, LENGTH, 60);

    let answer = archivist.get(&link).await;

    assert_eq!(answer.status, 500);
    assert!(!answer.error().contains(&hash));
    assert_eq!(archivist.request("HEAD", &link, "", b"").await.status, 500);
}

#[actix_web::test]
async fn other_methods_are_not_allowed() {
    let archivist = TestArchivist::start();

    for method in ["POST", "DELETE", "PATCH"] {
        let answer = archivist.request(method, "/v1/object/x/y", "Content-Length: 0\r\n", b"").await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("GET, HEAD, PUT"));
        assert_eq!(answer.error(), "method not allowed");
    }
}
