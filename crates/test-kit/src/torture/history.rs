//! What clients asked for and what they were told: appended while it happens, read by the audit.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;

/// What a client may conclude from an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// 2xx, or a refusal that proves that an earlier attempt without an answer had its effect.
    Done,
    /// Any other answer below 500.
    Refused,
    /// 5xx, or no answer: it happened or it did not.
    Unknown,
}

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Since the beginning of the history, when the call began.
    pub(crate) at: Duration,
    pub(crate) took: Duration,
    pub(crate) call: &'static str,
    /// `namespace/name/provider`, with a version behind a space where it is about one.
    pub(crate) target: String,
    /// 0: no answer.
    pub(crate) status: u16,
    pub(crate) effect: Effect,
    /// SHA-256 of the bytes that were sent or came, in hexadecimal; empty where there were none.
    pub(crate) digest: String,
    /// The answer said when to try again.
    pub(crate) has_retry_after: bool,
    /// For people, and what else the audit needs of this call.
    pub(crate) note: String,
}

/// All calls of one scenario, in the order in which they ended.
pub(crate) struct History {
    started: Instant,
    entries: Mutex<Vec<Entry>>,
    file: Mutex<File>,
}

impl History {
    /// Also written to `file`, one JSON object a line, so that it can be read when something was found.
    pub(crate) fn create(file: &Path) -> Result<Self> {
        let written = File::create(file).with_context(|| format!("{} cannot be written", file.display()))?;
        Ok(Self { started: Instant::now(), entries: Mutex::default(), file: Mutex::new(written) })
    }

    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn add(&self, entry: Entry) {
        let line = json!({
            "at": entry.at.as_secs_f64(), "took": entry.took.as_secs_f64(), "call": entry.call,
            "target": entry.target, "status": entry.status, "effect": format!("{:?}", entry.effect),
            "digest": entry.digest, "note": entry.note,
        });
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // A full disk must not look like a failure of the registry: what is in memory is what is judged.
        let _ = writeln!(file, "{line}");
        drop(file);
        self.lock().push(entry);
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    /// Calls that began between these two moments.
    pub(crate) fn between(&self, from: Duration, to: Duration) -> Vec<Entry> {
        self.lock().iter().filter(|entry| entry.at >= from && entry.at <= to).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
