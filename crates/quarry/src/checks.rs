//! What `/readyz` of a process looks at.

use std::sync::Arc;

use blobs::Blobs;
use broker::Broker;
use service_kit::Readiness;
use store::Store;

/// A key that no blob has: looking for it reaches the store and finds nothing.
const NO_BLOB: &str = "0000000000000000000000000000000000000000000000000000000000000000";

pub(crate) fn database(readiness: Readiness, store: &Store) -> Readiness {
    let store = store.clone();
    readiness.with("the database", move || {
        let store = store.clone();
        async move { store.ping().await.is_ok() }
    })
}

pub(crate) fn blobs(readiness: Readiness, blobs: &Blobs) -> Readiness {
    let blobs = blobs.clone();
    readiness.with("the store of blobs", move || {
        let blobs = blobs.clone();
        async move { blobs.size(NO_BLOB).await.is_ok() }
    })
}

pub(crate) fn broker(readiness: Readiness, broker: &Arc<dyn Broker>) -> Readiness {
    let broker = Arc::clone(broker);
    readiness.with("the broker", move || {
        let connected = broker.is_connected();
        async move { connected }
    })
}
