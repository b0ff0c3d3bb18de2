//! Whether a process should get requests, for load balancers and orchestrators.

use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// What a check may take before it counts as failed.
const CHECK_TIME: Duration = Duration::from_secs(1);
/// Probes of several askers share an answer for so long.
const ANSWER_LIFE: Duration = Duration::from_millis(500);

type Check = Box<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// The checks of one process. Cheap to clone.
#[derive(Clone)]
pub struct Readiness {
    shared: Arc<Shared>,
}

struct Shared {
    stop: CancellationToken,
    checks: Vec<(&'static str, Check)>,
    last: Mutex<Option<(Instant, Vec<&'static str>)>>,
}

/// What a probe is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ready {
    Yes,
    /// It was told to stop.
    Stopping,
    /// What it waits for.
    Waiting(Vec<&'static str>),
}

impl Readiness {
    /// Ready until `stop`, unless checks are added.
    pub fn new(stop: CancellationToken) -> Self {
        Self { shared: Arc::new(Shared { stop, checks: Vec::new(), last: Mutex::new(None) }) }
    }

    /// Ready only while `check` says so. `name` is what a probe is told otherwise. Before the first clone is made.
    #[must_use]
    pub fn with<F, C>(mut self, name: &'static str, check: C) -> Self
    where
        F: Future<Output = bool> + Send + 'static,
        C: Fn() -> F + Send + Sync + 'static,
    {
        match Arc::get_mut(&mut self.shared) {
            Some(shared) => shared.checks.push((name, Box::new(move || Box::pin(check())))),
            None => tracing::error!(name, "A check came too late and is left out"),
        }
        self
    }

    /// Runs the checks one after the other, each for a second at most; answers within half a second of the last run
    /// are repeated.
    pub async fn ask(&self) -> Ready {
        if self.shared.stop.is_cancelled() {
            return Ready::Stopping;
        }
        // Held meanwhile: many probes at once cause one round of checks.
        let mut last = self.shared.last.lock().await;
        let fresh = last.as_ref().filter(|(at, _)| at.elapsed() < ANSWER_LIFE).map(|(_, missing)| missing.clone());
        let missing = match fresh {
            Some(missing) => missing,
            None => {
                let missing = self.check().await;
                *last = Some((Instant::now(), missing.clone()));
                missing
            }
        };
        if missing.is_empty() { Ready::Yes } else { Ready::Waiting(missing) }
    }

    async fn check(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        for (name, check) in &self.shared.checks {
            if !tokio::time::timeout(CHECK_TIME, check()).await.unwrap_or(false) {
                missing.push(*name);
            }
        }
        missing
    }
}
