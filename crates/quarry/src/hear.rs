//! Notices of other processes: a gateway drops what they changed.

use std::{sync::Arc, time::Duration};

use broker::Broker;
use gateway::Gateway;
use store::Notice;
use tokio_util::sync::CancellationToken;

/// Before a broken listener is made anew.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until `stop`. What cannot be heard is made good by the short life of what is cached.
pub(crate) async fn hear(gateway: Gateway, broker: Arc<dyn Broker>, stop: CancellationToken) {
    let listening = async {
        loop {
            listen(&gateway, broker.as_ref()).await;
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = listening => {}
    }
}

/// Until the listener breaks.
async fn listen(gateway: &Gateway, broker: &dyn Broker) {
    let Ok(mut listener) = broker.listen().await else { return };
    // Whatever was said before is unknown.
    gateway.on_commit(&[Notice::ScopesChanged]);
    loop {
        match listener.next().await {
            Ok(Some(notice)) => gateway.on_change(&notice),
            Ok(None) => gateway.on_commit(&[Notice::ScopesChanged]),
            Err(error) => {
                tracing::warn!(error = error.chain(), "Notices of other processes are not heard; listening again");
                return;
            }
        }
    }
}
