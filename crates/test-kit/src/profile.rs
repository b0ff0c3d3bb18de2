//! The two profiles of tests: files and memory, or PostgreSQL, RabbitMQ and S3.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::services::{Database, s3_folder, s3_prefix};

const PROFILE: &str = "QUARRY_TEST_PROFILE";

/// Whether tests use the real engines in place of files and memory: if `QUARRY_TEST_PROFILE` is `distributed`.
pub fn is_distributed() -> Result<bool> {
    match std::env::var(PROFILE).as_deref() {
        Err(_) | Ok("embedded") => Ok(false),
        Ok("distributed") => Ok(true),
        Ok(other) => bail!("{PROFILE} is {other}: it may be embedded or distributed"),
    }
}

/// An empty database for one test, which goes away with it: a SQLite file, or one of PostgreSQL.
pub struct TestDatabase {
    url: String,
    _private: Option<Database>,
    _folder: Option<TempDir>,
}

impl TestDatabase {
    pub fn create() -> Result<Self> {
        if is_distributed()? {
            let database = Database::create()?;
            return Ok(Self { url: database.url(), _private: Some(database), _folder: None });
        }
        let folder = TempDir::new()?;
        let url = format!("sqlite://{}", folder.path().join("quarry.db").display());
        Ok(Self { url, _private: None, _folder: Some(folder) })
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

/// An empty store of blobs for one test: a folder, or a prefix of the S3 server.
pub struct TestBlobs {
    url: String,
    dir: PathBuf,
    _folder: Option<TempDir>,
}

impl TestBlobs {
    pub fn create() -> Result<Self> {
        if is_distributed()? {
            // Clients of S3 need it. A second time is no harm: the first provider stays.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let url = s3_prefix()?;
            return Ok(Self { dir: files_of(&url)?, url, _folder: None });
        }
        let folder = TempDir::new()?;
        let dir = folder.path().join("blobs");
        Ok(Self { url: format!("file://{}", dir.display()), dir, _folder: Some(folder) })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where blobs and uploads lie as files.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file that holds a blob.
    pub fn path(&self, sha256: &str) -> Result<PathBuf> {
        blob_path(&self.dir, sha256)
    }
}

/// Where a store of blobs keeps its files: `file:///folder`, or a prefix of the S3 server of the tests.
pub(crate) fn files_of(url: &str) -> Result<PathBuf> {
    if let Some(folder) = url.strip_prefix("file://") {
        return Ok(PathBuf::from(folder));
    }
    let place = url.strip_prefix("s3://").and_then(|place| place.split_once('/'));
    let (_, prefix) = place.context("the blobs are neither in a folder nor under a prefix of a bucket")?;
    Ok(s3_folder()?.join(prefix))
}

pub(crate) fn blob_path(dir: &Path, sha256: &str) -> Result<PathBuf> {
    let (first, rest) = sha256.split_at_checked(2).context("this is no SHA-256")?;
    Ok(dir.join("sha256").join(first).join(rest))
}
