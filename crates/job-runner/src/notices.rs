//! Passes on what this process committed to the listeners of all processes.

use std::sync::Arc;

use broker::Broker;
use messages::ChangeNotice;
use store::Notice;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// More unsent notices than this are dropped: receivers have a short life for what they keep.
const QUEUE: usize = 10_000;

/// The sending half is for a listener of the store, which must not wait.
pub fn notice_queue() -> (impl Fn(&[Notice]) + Send + Sync, mpsc::Receiver<ChangeNotice>) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let send = move |notices: &[Notice]| {
        for notice in notices.iter().filter_map(as_change) {
            let _ = sender.try_send(notice);
        }
    };
    (send, receiver)
}

fn as_change(notice: &Notice) -> Option<ChangeNotice> {
    match notice {
        Notice::JobsDue => None,
        Notice::ModuleChanged(address) => Some(ChangeNotice::Module { address: address.clone() }),
        Notice::TokensChanged => Some(ChangeNotice::Tokens),
        Notice::ScopesChanged => Some(ChangeNotice::Scopes),
    }
}

/// Announces what comes through the queue until `stop`.
pub async fn forward_notices(
    broker: Arc<dyn Broker>,
    mut queue: mpsc::Receiver<ChangeNotice>,
    stop: CancellationToken,
) {
    let mut is_heard = true;
    loop {
        let notice = tokio::select! {
            () = stop.cancelled() => return,
            notice = queue.recv() => notice,
        };
        let Some(notice) = notice else { return };
        let outcome = broker.announce(&notice).await;
        // One line for an outage, not one for each notice.
        if let (Err(error), true) = (&outcome, is_heard) {
            tracing::warn!(error = error.chain(), "Notices of change are not announced for now");
        }
        is_heard = outcome.is_ok();
    }
}
