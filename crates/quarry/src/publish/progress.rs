//! Shows versions turning `ok`: a bar on a terminal, a line now and then elsewhere.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::api::Api;

use super::outage::{Outage, Passing};

const POLL: Duration = Duration::from_millis(200);
/// Between two lines where there is no terminal, and before the first: mostly all is done sooner.
const LINES: Duration = Duration::from_secs(2);
/// Nothing has moved for so long that it is worth a hint.
const STILL: Duration = Duration::from_secs(30);
/// Nothing moves any more: the server says why in its log.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// How far the versions are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counts {
    all: u64,
    ok: u64,
    failed: u64,
}

impl Counts {
    fn of(module: &Value) -> Self {
        let mut counts = Self::default();
        for version in statuses(module) {
            counts.all += 1;
            match version.get("status").and_then(Value::as_str) {
                Some("ok") => counts.ok += 1,
                Some("clone_failed" | "reg_ingress_failed" | "reg_ingress_req_failed") => counts.failed += 1,
                _ => {}
            }
        }
        counts
    }

    fn is_settled(self) -> bool {
        self.ok + self.failed == self.all
    }
}

/// The `version-statuses` of a module.
pub(super) fn statuses(module: &Value) -> &[Value] {
    module.pointer("/attributes/version-statuses").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn synced_at(module: &Value) -> Option<&str> {
    module.pointer("/attributes/vcs-repo/synced-at").and_then(Value::as_str)
}

/// Waits until the repository was looked at (again, if the module was there `before`) and every version is published or
/// has failed. Returns the module as it is then.
pub(super) async fn watch(api: &Api, path: &str, before: Option<&Value>) -> anyhow::Result<Value> {
    let mut display = Display::new();
    let former = before.and_then(synced_at);
    let mut outage = Outage::default();
    let mut last = (Counts::default(), false);
    let mut last_move = Instant::now();
    loop {
        let module = match api.find(path).await {
            Ok(module) => module.context("the module was deleted while it was being published")?,
            Err(error) => {
                tokio::time::sleep(outage.pause_after(error, Passing::Silence)?).await;
                continue;
            }
        };
        outage.answered();
        let counts = Counts::of(&module);
        let was_looked_at = synced_at(&module).is_some() && synced_at(&module) != former;
        if was_looked_at && counts.is_settled() {
            display.finish(counts);
            return Ok(module);
        }
        if (counts, was_looked_at) != last {
            (last, last_move) = ((counts, was_looked_at), Instant::now());
        }
        if last_move.elapsed() > PATIENCE {
            bail!("nothing has moved for {} minutes; the log of the server says why", PATIENCE.as_secs() / 60);
        }
        // The versions of a new module can come only from a look.
        let waits = !was_looked_at && (before.is_some() || counts.all == 0);
        display.show(counts, waits, last_move.elapsed());
        tokio::time::sleep(POLL).await;
    }
}

enum Display {
    Bar(ProgressBar),
    Lines { last: Instant, said: String },
}

impl Display {
    fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Lines { last: Instant::now(), said: String::new() };
        }
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} versions, {msg} ({elapsed})") {
            bar.set_style(style);
        }
        Self::Bar(bar)
    }

    /// `waits` for the look at the tags, without which the counts are those of before; nothing has moved `since` then.
    fn show(&mut self, counts: Counts, waits: bool, since: Duration) {
        let hint = match (since > STILL, waits) {
            (true, _) => "; nothing moves: is RabbitMQ, or an ingestor or parser, away? Waiting goes on",
            (false, true) => "; waiting until the server has looked at the tags",
            (false, false) => "",
        };
        match self {
            Self::Bar(bar) => {
                bar.set_length(counts.all);
                bar.set_position(counts.ok + counts.failed);
                bar.set_message(format!("{} failed{hint}", counts.failed));
            }
            Self::Lines { last, said } => {
                let line = format!("{}{hint}", line(counts));
                if *said != line && last.elapsed() >= LINES {
                    eprintln!("{line}");
                    (*last, *said) = (Instant::now(), line);
                }
            }
        }
    }

    fn finish(&self, counts: Counts) {
        match self {
            Self::Bar(bar) => {
                bar.set_length(counts.all);
                bar.set_position(counts.ok + counts.failed);
                bar.set_message(format!("{} failed", counts.failed));
                bar.finish();
            }
            Self::Lines { said, .. } => {
                let line = line(counts);
                if *said != line {
                    eprintln!("{line}");
                }
            }
        }
    }
}

fn line(counts: Counts) -> String {
    format!("{} of {} versions ok, {} failed", counts.ok, counts.all, counts.failed)
}
