//! Opening clouds that are not there: what addresses and variables must look like, and addresses for downloads.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use blobs::{Blobs, BlobsConfig};
use domain::Error;

const KEY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const PATH: &str = "some/where/sha256/e3/b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const MINUTE: Duration = Duration::from_secs(60);

/// Nothing of the process is used.
fn open(url: &str, public_endpoint: Option<&str>, variables: &[(&str, &str)]) -> Result<Blobs, Error> {
    // Twice is fine.
    drop(rustls::crypto::ring::default_provider().install_default());
    let config = BlobsConfig { url: url.to_owned(), public_endpoint: public_endpoint.map(str::to_owned) };
    Blobs::open_with_variables(&config, variables.iter().map(|(name, value)| (name.to_string(), value.to_string())))
}

fn refused(url: &str, variables: &[(&str, &str)]) -> String {
    let error = open(url, None, variables).map(drop).unwrap_err();
    assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
    error.to_string()
}

const S3: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "someone"), ("AWS_SECRET_ACCESS_KEY", "hush")];
const AZ: [(&str, &str); 2] = [("AZURE_STORAGE_ACCOUNT_NAME", "account"), ("AZURE_STORAGE_ACCOUNT_KEY", "aHVzaA==")];
/// Without a private key: what is signed here is signed by a service of Google.
const GS: [(&str, &str); 1] = [(
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    r#"{"private_key":"", "private_key_id":"", "client_email":"", "disable_oauth":true}"#,
)];

#[tokio::test]
async fn s3_is_addressed_by_path_unless_told_otherwise() {
    for (more, expected) in [
        (&[][..], "https://s3.us-east-1.amazonaws.com/bucket/"),
        (&[("AWS_REGION", "eu-west-2")], "https://s3.eu-west-2.amazonaws.com/bucket/"),
        (&[("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "true")], "https://bucket.s3.us-east-1.amazonaws.com/"),
        (&[("AWS_ENDPOINT_URL", "https://s3.example.com/")], "https://s3.example.com/bucket/"),
        (&[("AWS_ENDPOINT_URL_S3", "https://s3.example.com")], "https://s3.example.com/bucket/"),
    ] {
        let blobs = open("s3://bucket/some/where/", None, &[&S3[..], more].concat()).unwrap();
        let address = blobs.presigned_get(KEY, MINUTE).await.unwrap();

        assert!(address.starts_with(&format!("{expected}{PATH}?X-Amz-Algorithm=AWS4-HMAC-SHA256")), "{address}");
        assert!(address.contains("X-Amz-Expires=60") && !address.contains("hush"), "{address}");
    }
}

#[tokio::test]
async fn a_public_endpoint_is_where_addresses_point() {
    let blobs = open("s3://bucket/some/where", Some("https://downloads.example.com"), &S3).unwrap();
    let address = blobs.presigned_get(KEY, MINUTE).await.unwrap();
    assert!(address.starts_with(&format!("https://downloads.example.com/bucket/{PATH}?")), "{address}");

    let blobs = open("az://container/some/where", Some("https://downloads.example.com"), &AZ).unwrap();
    let address = blobs.presigned_get(KEY, MINUTE).await.unwrap();
    assert!(address.starts_with(&format!("https://downloads.example.com/container/{PATH}?")), "{address}");

    for endpoint in ["downloads.example.com", "ftp://example.com", "https://me:hush@example.com", "https://x.com/?a"] {
        let error = open("s3://bucket", Some(endpoint), &S3).map(drop).unwrap_err().to_string();
        assert!(error.contains("the public endpoint of the blobs must be a URL such as"), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
    let error = open("file:///tmp", Some("https://example.com"), &[]).map(drop).unwrap_err();
    assert!(error.to_string().contains("is of use for s3, gs or az alone"), "{error}");
}

#[tokio::test]
async fn azure_opens_and_signs() {
    let blobs = open("az://container/some/where", None, &AZ).unwrap();
    assert!(blobs.can_presign());

    let address = blobs.presigned_get(KEY, MINUTE).await.unwrap();

    assert!(address.starts_with(&format!("https://account.blob.core.windows.net/container/{PATH}?")), "{address}");
    assert!(address.contains("sp=r&") && address.contains("sig="), "{address}");
}

#[tokio::test]
async fn google_opens() {
    for (url, more) in [("gs://bucket", &[][..]), ("gs://bucket/a/b", &[("GOOGLE_BASE_URL", "https://127.0.0.1:1")])] {
        assert!(open(url, None, &[&GS[..], more].concat()).unwrap().can_presign());
    }
    assert!(open("gs://bucket", Some("https://downloads.example.com"), &GS).is_ok());
}

#[tokio::test]
async fn addresses_that_name_no_bucket_say_what_would_be_right() {
    for (url, expected) in [
        ("s3://", "must name a bucket, as in s3://bucket/prefix"),
        ("s3:///prefix", "must name a bucket, as in s3://bucket/prefix"),
        ("s3:bucket", "must name a bucket, as in s3://bucket/prefix"),
        ("gs:///", "must name a bucket, as in gs://bucket/prefix"),
        ("az://", "must name a container, as in az://container/prefix"),
        ("s3://b", "must name a bucket of at least 3 letters"),
        ("s3://a bucket", "must"),
        ("s3://buck%20et", "must name a bucket of at least 3 letters"),
        ("s3://bucket:9000/prefix", "must be a bucket and a prefix, and nothing else"),
        ("s3://bucket/prefix?region=x", "must be a bucket and a prefix, and nothing else"),
        ("s3://bucket/a//b", "must have a prefix of plain segments"),
        ("s3://someone:hush@bucket/prefix", "must not hold credentials (they belong into AWS_ACCESS_KEY_ID and"),
        ("gs://hush@bucket", "must not hold credentials (they belong into GOOGLE_APPLICATION_CREDENTIALS"),
    ] {
        let error = refused(url, &[&S3[..], &AZ, &GS].concat());
        assert!(error.contains(expected), "{url}: {error}");
        assert!(!error.contains("hush"), "{url}: {error}");
    }
}

#[tokio::test]
async fn variables_that_cannot_work_say_what_would_be_right() {
    for (variable, value, expected) in [
        ("AWS_ENDPOINT_URL", "storage:9000", "AWS_ENDPOINT_URL must be a URL such as https://"),
        ("AWS_ENDPOINT_URL", "http://me:hush@storage", "AWS_ENDPOINT_URL must be a URL such as https://"),
        ("AWS_ENDPOINT_URL", "http://storage:9000", "must begin with https://, or AWS_ALLOW_HTTP=true must be set"),
        ("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "perhaps", "perhaps"),
        ("AWS_READ_TIMEOUT", "soon", "the settings of the blob store"),
    ] {
        let error = refused("s3://bucket", &[&S3[..], &[(variable, value)]].concat());
        assert!(error.contains(expected), "{variable}: {error}");
        assert!(!error.contains("hush"), "{variable}: {error}");
    }
    let plain = [("AWS_ENDPOINT_URL", "http://storage:9000"), ("AWS_ALLOW_HTTP", "1")];
    assert!(open("s3://bucket", None, &[&S3[..], &plain].concat()).is_ok());
    let plain = refused("gs://bucket", &[GS[0], ("GOOGLE_BASE_URL", "http://storage:9000")]);
    assert!(plain.contains("GOOGLE_ALLOW_HTTP=true must be set"), "{plain}");
    let half = refused("s3://bucket", &S3[..1]);
    assert!(half.contains("AWS_SECRET_ACCESS_KEY"), "{half}");
    assert!(refused("az://container", &AZ[1..]).contains("AZURE_STORAGE_ACCOUNT_NAME"));
    assert!(refused("az://container", &[AZ[0], ("AZURE_STORAGE_ACCOUNT_KEY", "hush!")]).contains("AZURE_"));
    let broken = refused("gs://bucket", &[("GOOGLE_SERVICE_ACCOUNT_KEY", "{\"private_key\": \"hush")]);
    assert!(broken.contains("GOOGLE_") && !broken.contains("hush"), "{broken}");
}

#[tokio::test]
async fn a_directory_gives_out_no_addresses() {
    let directory = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(&format!("file://{}", directory.path().display())).unwrap();

    assert!(!blobs.can_presign());
    let error = blobs.presigned_get(KEY, MINUTE).await.unwrap_err();
    assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
}
