//! The database, the broker and the store of blobs, as the settings name them.

use std::sync::Arc;

use anyhow::Context;
use blobs::{Blobs, BlobsConfig};
use broker::{Broker, MemoryBroker, RabbitBroker};
use service_kit::Settings;
use store::Store;

/// What every role is made from. None of it needs to be reachable yet.
#[derive(Clone)]
pub(crate) struct Engines {
    pub(crate) store: Store,
    pub(crate) broker: Arc<dyn Broker>,
}

impl Engines {
    /// Refuses what can never work; what is only down for the moment is waited for elsewhere.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let url = settings.database_url.reveal();
        let store = Store::connect(url, settings.database_sessions)?;
        Ok(Self { store, broker: open_broker(settings).await? })
    }
}

async fn open_broker(settings: &Settings) -> anyhow::Result<Arc<dyn Broker>> {
    let url = settings.broker_url.reveal();
    if url.starts_with("memory:") {
        return Ok(Arc::new(MemoryBroker::default()));
    }
    Ok(Arc::new(RabbitBroker::connect(url).await?))
}

/// Does not look whether it can be used: see [`Blobs::check`].
pub(crate) fn open_blobs(settings: &Settings) -> anyhow::Result<Blobs> {
    let config =
        BlobsConfig { url: settings.blobs_url.clone(), public_endpoint: settings.blobs_public_endpoint.clone() };
    Blobs::open_with(&config).context("QUARRY_BLOBS_URL cannot be used")
}
