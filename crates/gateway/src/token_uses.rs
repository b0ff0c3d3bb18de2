//! When which token was last used, and how often strangers came: counted in memory, and written down every few seconds,
//! never in the way of a request.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use domain::{Id, kinds};

use crate::state::State;

/// A token that was noted is not noted again for so long.
const NOTED: Duration = Duration::from_millis(store::tokens::USE_MILLIS.unsigned_abs());
/// Named in one statement.
const BATCH: usize = 500;

/// Uses since the last flush.
#[derive(Default)]
pub(crate) struct TokenUses {
    tokens: Mutex<Uses>,
    strangers: AtomicU64,
}

#[derive(Default)]
struct Uses {
    /// To be written down.
    used: Vec<String>,
    /// When a token was last taken to be written down.
    noted: HashMap<String, Instant>,
}

impl TokenUses {
    /// To be called when a token is looked up, which happens every second while it is used.
    pub(crate) fn note(&self, token: &Id<kinds::Token>) {
        let mut uses = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if uses.noted.get(token.as_str()).is_none_or(|at| at.elapsed() >= NOTED) {
            uses.noted.insert(token.to_string(), Instant::now());
            uses.used.push(token.to_string());
        }
    }

    /// Somebody came without a good token.
    pub(crate) fn count_stranger(&self) {
        self.strangers.fetch_add(1, Relaxed);
    }

    fn take(&self) -> Vec<String> {
        let mut uses = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        uses.noted.retain(|_, at| at.elapsed() < NOTED);
        std::mem::take(&mut uses.used)
    }

    fn put_back(&self, taken: Vec<String>) {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).used.extend(taken);
    }
}

/// A failure costs nothing: the next flush tries again.
pub(crate) async fn flush(state: &State) {
    let strangers = state.token_uses.strangers.swap(0, Relaxed);
    if strangers > 0 {
        tracing::info!(calls = strangers, "Calls came without a token, or with one that is not good");
    }
    let mut used = state.token_uses.take();
    while !used.is_empty() {
        let rest = used.split_off(used.len().min(BATCH));
        let batch = used.clone();
        if let Err(error) = state.store.write(move |session| store::tokens::note_uses(session, &batch)).await {
            tracing::warn!(error = error.chain(), "The use of tokens could not be noted for now");
            used.extend(rest);
            state.token_uses.put_back(used);
            return;
        }
        used = rest;
    }
}
