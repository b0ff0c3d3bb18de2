//! Counting downloads without a write for each: in memory, and every few seconds into the store.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use crate::{Gateway, state::State, token_uses};

/// So much of the count may be lost when a process is killed.
const FLUSH_EVERY: Duration = Duration::from_secs(5);

/// Downloads since the last flush, by module id: in order, so that no two gateways lock rows crosswise.
#[derive(Default)]
pub(crate) struct DownloadCounts(Mutex<BTreeMap<String, i64>>);

impl DownloadCounts {
    pub(super) fn add(&self, module: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(module) {
            Some(count) => *count += 1,
            None => {
                counts.insert(module.to_owned(), 1);
            }
        }
    }

    fn take(&self) -> BTreeMap<String, i64> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn put_back(&self, taken: Vec<(String, i64)>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (module, count) in taken {
            *counts.entry(module).or_default() += count;
        }
    }
}

impl Gateway {
    /// What a gateway does beside answering: writes down counted downloads and the use of tokens. Ends at `stop`, after a last time; cancel
    /// it when no request is under way any more.
    pub async fn run(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(FLUSH_EVERY)).await.is_some() {
            self.write_down().await;
        }
        self.write_down().await;
    }

    async fn write_down(&self) {
        flush(&self.state).await;
        token_uses::flush(&self.state).await;
    }
}

/// A failure costs nothing: the next flush tries again.
async fn flush(state: &State) {
    let counts: Vec<(String, i64)> = state.downloads.take().into_iter().collect();
    if counts.is_empty() {
        return;
    }
    let written = counts.clone();
    if let Err(error) = state.store.write(move |session| store::modules::add_downloads(session, &written)).await {
        tracing::warn!(error = error.chain(), "Downloads could not be counted for now");
        state.downloads.put_back(counts);
    }
}
