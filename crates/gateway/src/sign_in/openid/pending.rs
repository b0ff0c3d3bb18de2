//! What a sign-in at the provider has to come back with. It waits in a sealed cookie, so that any gateway can finish it, and
//! only the browser that began it.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::Error;
use seal::SealKeys;
use serde::{Deserialize, Serialize};

use crate::sign_in::cookies::OPENID_SECONDS;

const BOUND_TO: &str = "cookie|openid";

/// A sign-in under way.
#[derive(Serialize, Deserialize)]
pub(in crate::sign_in) struct Pending {
    pub(in crate::sign_in) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
    /// Where to go after it.
    pub(in crate::sign_in) next: String,
    /// Seconds since 1970 UTC.
    until: i64,
}

impl Pending {
    pub(super) fn new(state: String, nonce: String, verifier: String, next: String) -> Self {
        Self { state, nonce, verifier, next, until: now().saturating_add(OPENID_SECONDS) }
    }

    /// For the cookie.
    pub(in crate::sign_in) fn seal(&self, keys: &SealKeys) -> Result<String, Error> {
        let text = serde_json::to_vec(self).map_err(|source| Error::internal("keeping a sign-in", source))?;
        keys.seal(&text, BOUND_TO)
    }

    /// From the cookie; `None` if it is not one of ours, or too old.
    pub(in crate::sign_in) fn open(sealed: &str, keys: &SealKeys) -> Option<Self> {
        let text = keys.open(sealed, BOUND_TO).ok()?;
        let pending: Self = serde_json::from_slice(&text).ok()?;
        (pending.until > now()).then_some(pending)
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
