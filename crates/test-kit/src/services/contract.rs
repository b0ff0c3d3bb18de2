//! The names of the environment variables by which tests find servers.

use std::path::PathBuf;

use anyhow::{Context, Result};

pub(super) const POSTGRES_URL: &str = "QUARRY_TEST_POSTGRES_URL";
pub(super) const RABBITMQ_URL: &str = "QUARRY_TEST_RABBITMQ_URL";
pub(super) const RABBITMQ_API: &str = "QUARRY_TEST_RABBITMQ_API";
pub(super) const RABBITMQ_CONTROL: &str = "QUARRY_TEST_RABBITMQCTL";
pub(super) const S3_ENDPOINT: &str = "QUARRY_TEST_S3_ENDPOINT";
pub(super) const S3_BUCKET: &str = "QUARRY_TEST_S3_BUCKET";
pub(super) const S3_FOLDER: &str = "QUARRY_TEST_S3_FOLDER";

/// A folder for each server, with its `log` and its `pid`.
pub(super) const FOLDER: &str = "QUARRY_TEST_SERVICES";

/// A missing server is a failure, never a reason to skip a test.
pub(super) fn variable(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| {
        format!(
            "{name} is not set: run the tests with `make test`, \
             or start servers with `make services` and set the variables that it prints"
        )
    })
}

/// An address in the bucket of the S3 server, `s3://bucket/random`, that nobody else uses.
pub fn s3_prefix() -> Result<String> {
    variable(S3_ENDPOINT)?;
    Ok(format!("s3://{}/{}", variable(S3_BUCKET)?, random_name()?))
}

/// Where the objects of the bucket lie as files, for tests that look at them or alter them.
pub fn s3_folder() -> Result<PathBuf> {
    Ok(PathBuf::from(variable(S3_FOLDER)?))
}

/// Fit for a database, a virtual host and a part of a path.
pub(super) fn random_name() -> Result<String> {
    use std::io::Read;

    let mut random = [0; 8];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    Ok(format!("test_{}", hex::encode(random)))
}
