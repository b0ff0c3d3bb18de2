//! What a cluster works on, its own alone, on the servers that the tests share.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::profile::files_of;
use crate::services::{Database, VirtualHost, s3_prefix};

/// Addresses as the processes get them. A test may put a proxy with faults in front of any of them.
#[derive(Clone)]
pub struct Engines {
    pub database_url: String,
    pub broker_url: String,
    pub blobs_url: String,
    /// `None`: no S3 server is spoken to, because the blobs lie in a folder.
    pub s3_endpoint: Option<String>,
}

/// An empty database, an empty virtual host and an unused prefix. The first two go away with it.
pub struct PrivateEngines {
    pub database: Database,
    pub virtual_host: VirtualHost,
    /// How the processes reach them.
    pub addresses: Engines,
}

impl PrivateEngines {
    /// On the servers that the environment names.
    pub fn create() -> Result<Self> {
        let (database, virtual_host) = std::thread::scope(|scope| {
            let database = scope.spawn(Database::create);
            let virtual_host = VirtualHost::create();
            (database.join().map_err(|_| anyhow::anyhow!("making a database panicked")), virtual_host)
        });
        let (database, virtual_host) = (database??, virtual_host?);
        let addresses = Engines {
            database_url: database.url(),
            broker_url: virtual_host.url(),
            blobs_url: s3_prefix()?,
            s3_endpoint: Some(std::env::var("AWS_ENDPOINT_URL").context("AWS_ENDPOINT_URL is not set")?),
        };
        Ok(Self { database, virtual_host, addresses })
    }
}

impl PrivateEngines {
    /// Where the blobs and uploads lie as files, for tests that look at them or alter them.
    pub fn blobs_dir(&self) -> Result<PathBuf> {
        files_of(&self.addresses.blobs_url)
    }
}

impl Engines {
    pub(super) fn of_database(&self) -> Vec<(String, String)> {
        vec![("QUARRY_DATABASE_URL".to_owned(), self.database_url.clone())]
    }

    pub(super) fn of_broker(&self) -> Vec<(String, String)> {
        vec![("QUARRY_BROKER_URL".to_owned(), self.broker_url.clone())]
    }

    /// With the login, which is in the standard variables.
    pub(super) fn of_blobs(&self) -> Vec<(String, String)> {
        let mut variables: Vec<_> = std::env::vars().filter(|(name, _)| name.starts_with("AWS_")).collect();
        variables.push(("QUARRY_BLOBS_URL".to_owned(), self.blobs_url.clone()));
        variables.extend(self.s3_endpoint.iter().map(|url| ("AWS_ENDPOINT_URL".to_owned(), url.clone())));
        variables
    }
}
