//! What `/readyz` of a process looks at.

use std::sync::Arc;

use blobs::Blobs;
use broker::Broker;
use service_kit::Readiness;
use store::Store;

pub(crate) fn database(readiness: Readiness, store: &Store) -> Readiness {
    let store = store.clone();
    readiness.with("the database", move || {
        let store = store.clone();
        async move { store.ping().await.is_ok() }
    })
}

/// A store that is there and is somebody's: a bucket that is missing looks like an empty one to any cheaper question.
pub(crate) fn blobs(readiness: Readiness, blobs: &Blobs) -> Readiness {
    let blobs = blobs.clone();
    readiness.with("the store of blobs", move || {
        let blobs = blobs.clone();
        async move { matches!(blobs.owner().await, Ok(Some(_))) }
    })
}

pub(crate) fn broker(readiness: Readiness, broker: &Arc<dyn Broker>) -> Readiness {
    let broker = Arc::clone(broker);
    readiness.with("the broker", move || {
        let connected = broker.is_connected();
        async move { connected }
    })
}
