//! Going on while the server is away for a moment.

use std::time::{Duration, Instant};

use anyhow::Context;

use crate::api::TryAgain;

/// Longer than a database or a gateway takes to be started again.
const PATIENCE: Duration = Duration::from_secs(120);
/// Before the next request, where the server does not say how long.
const PAUSE: Duration = Duration::from_secs(1);
/// However long the server says.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Failures without an answer between them.
#[derive(Default)]
pub(super) struct Outage {
    since: Option<Instant>,
}

/// Which failures pass.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Passing {
    /// Answers that say so: 429, 503 and the like.
    Told,
    /// Also no answer at all, from a server that has answered before.
    Silence,
}

impl Outage {
    /// How long to wait before the next request. Gives `error` back if it does not pass, or has not for two minutes.
    pub(super) fn pause_after(&mut self, error: anyhow::Error, passing: Passing) -> anyhow::Result<Duration> {
        let told = error.downcast_ref::<TryAgain>();
        let is_silence = error.downcast_ref::<reqwest::Error>().is_some();
        if told.is_none() && !(is_silence && passing == Passing::Silence) {
            return Err(error);
        }
        let pause = told.and_then(|told| told.retry_after).unwrap_or(PAUSE).min(LONGEST_PAUSE);
        let since = *self.since.get_or_insert_with(|| {
            eprintln!("{error}; asking again for up to {} s", PATIENCE.as_secs());
            Instant::now()
        });
        if since.elapsed() + pause > PATIENCE {
            return Err(error).with_context(|| format!("gave up after {} s", PATIENCE.as_secs()));
        }
        Ok(pause)
    }

    /// The server has answered.
    pub(super) fn answered(&mut self) {
        if self.since.take().is_some() {
            eprintln!("the registry answers again");
        }
    }
}
