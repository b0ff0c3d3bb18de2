//! Finished answers kept in memory. A change drops them at once; a short life is the net under that.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use domain::Principal;
use moka::sync::Cache;

/// So long a missed notice can be seen.
const ANSWER_LIFE: Duration = Duration::from_secs(5);
/// So long a missed revocation can be used.
const CALLER_LIFE: Duration = Duration::from_secs(2);

/// A body, and whose it is: rights are checked on every request, kept or not.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) module_id: String,
    pub(crate) scope: domain::Id<domain::kinds::Scope>,
    pub(crate) body: Bytes,
    /// `X-Terraform-Get`, for downloads.
    pub(crate) location: Option<String>,
}

pub(crate) struct CachedAnswers {
    callers: Cache<String, Principal>,
}

impl Default for CachedAnswers {
    fn default() -> Self {
        Self { callers: Cache::builder().max_capacity(10_000).time_to_live(CALLER_LIFE).build() }
    }
}

impl CachedAnswers {
    pub(crate) fn caller(&self, hash: &str) -> Option<Principal> {
        self.callers.get(hash)
    }

    pub(crate) fn remember_caller(&self, hash: String, principal: Principal) {
        self.callers.insert(hash, principal);
    }

    pub(crate) fn forget_callers(&self) {
        self.callers.invalidate_all();
    }

    pub(crate) fn forget_module(&self, _address: &str) {}

    pub(crate) fn forget_all(&self) {
        self.forget_callers();
    }
}
