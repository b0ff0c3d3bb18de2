//! The S3 server that the variables name, and buckets that are not there.

use blobs::{Blobs, BlobsConfig};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The variable `name`.
pub(crate) fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run `make test`, or `make services` while working"))
}

/// The server itself, as `http://127.0.0.1:9000`.
pub(crate) fn endpoint() -> String {
    variable("QUARRY_TEST_S3_ENDPOINT")
}

/// How to open a store: all of it as the variables of the process say, but for what a test changes.
pub(crate) struct Opening {
    bucket: String,
    prefix: String,
    public_endpoint: Option<String>,
    variables: Vec<(String, String)>,
}

/// A prefix of its own for each test.
pub(crate) fn opening() -> Opening {
    // Twice is fine.
    drop(rustls::crypto::ring::default_provider().install_default());
    let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"];
    let variables = names.map(|name| (name.to_owned(), variable(name)));
    let opening = Opening {
        bucket: variable("QUARRY_TEST_S3_BUCKET"),
        prefix: format!("s3-tests/{}", Uuid::new_v4()),
        public_endpoint: None,
        variables: variables.into(),
    };
    opening.with("AWS_ALLOW_HTTP", "true").with("AWS_ENDPOINT_URL", &endpoint())
}

impl Opening {
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn bucket(mut self, bucket: &str) -> Self {
        bucket.clone_into(&mut self.bucket);
        self
    }

    /// The path of a request for the blob `key`.
    pub(crate) fn target(&self, key: &str) -> String {
        let (directory, rest) = key.split_at(2);
        format!("/{}/{}/sha256/{directory}/{rest}", self.bucket, self.prefix)
    }

    pub(crate) fn public_endpoint(mut self, endpoint: &str) -> Self {
        self.public_endpoint = Some(endpoint.to_owned());
        self
    }

    pub(crate) fn open(&self) -> Blobs {
        let url = format!("s3://{}/{}", self.bucket, self.prefix);
        let config = BlobsConfig { url, public_endpoint: self.public_endpoint.clone() };
        Blobs::open_with_variables(&config, self.variables.clone()).unwrap()
    }
}

/// `length` bytes that differ from those of any other `seed`, and their hash.
pub(crate) fn body(seed: u64, length: usize) -> (String, Bytes) {
    let body: Bytes = format!("{seed} of {length}, ").into_bytes().into_iter().cycle().take(length).collect();
    (hex::encode(Sha256::digest(&body)), body)
}
