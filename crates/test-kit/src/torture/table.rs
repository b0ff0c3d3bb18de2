//! What came of a run: a line for each scenario.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Mode;
use super::audit::Findings;
use super::scenarios::Scenario;

/// One scenario in one mode.
pub struct Outcome {
    pub(crate) scenario: &'static str,
    pub(crate) mode: Mode,
    pub(crate) faults: String,
    pub(crate) requests: usize,
    pub(crate) findings: Findings,
    /// From the last fault until nothing was under way any more; `None` if that never came.
    pub(crate) settled: Option<Duration>,
    pub(crate) limit: Duration,
    /// Figures without a limit of their own.
    pub(crate) notes: Vec<String>,
    /// With history and logs.
    pub(crate) folder: PathBuf,
}

impl Outcome {
    /// Something stood in the way of the scenario itself.
    pub(crate) fn broken_off(scenario: Scenario, mode: Mode, folder: &Path, error: &anyhow::Error) -> Self {
        let findings = Findings { other: vec![format!("broken off: {error:#}")], ..Findings::default() };
        Self {
            scenario: scenario.name(),
            mode,
            faults: String::new(),
            requests: 0,
            findings,
            settled: None,
            limit: Duration::ZERO,
            notes: Vec::new(),
            folder: folder.to_owned(),
        }
    }

    /// Nothing was found, and it was settled in time.
    pub fn holds(&self) -> bool {
        self.findings.is_empty() && self.settled.is_some_and(|settled| settled <= self.limit)
    }

    fn row(&self) -> [String; 10] {
        let findings = &self.findings;
        let seconds =
            self.settled.map_or_else(|| "never".to_owned(), |settled| format!("{:.1}", settled.as_secs_f64()));
        let verdict = if self.holds() { "holds" } else { "BROKEN" };
        [
            self.scenario.to_owned(),
            self.mode.to_string(),
            self.faults.clone(),
            self.requests.to_string(),
            findings.lost.len().to_string(),
            findings.duplicated.len().to_string(),
            findings.changed.len().to_string(),
            findings.other.len().to_string(),
            format!("{seconds} / {}", self.limit.as_secs()),
            verdict.to_owned(),
        ]
    }
}

/// All of them.
#[derive(Default)]
pub struct Table(Vec<Outcome>);

const HEAD: [&str; 10] = [
    "scenario",
    "mode",
    "faults",
    "requests",
    "lost",
    "duplicated",
    "changed",
    "other",
    "settled s / limit",
    "verdict",
];
/// Of findings that are shown for each scenario.
const SHOWN: usize = 20;

impl Table {
    pub(crate) fn push(&mut self, outcome: Outcome) {
        self.0.push(outcome);
    }

    /// Everything was kept.
    pub fn holds(&self) -> bool {
        self.0.iter().all(Outcome::holds)
    }
}

impl Display for Table {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let head = HEAD.map(str::to_owned);
        let rows: Vec<[String; 10]> = std::iter::once(head).chain(self.0.iter().map(Outcome::row)).collect();
        for row in &rows {
            for (column, text) in row.iter().enumerate() {
                let cells = rows.iter().filter_map(|row| row.get(column));
                let width = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
                write!(out, "{text:<width$}  ")?;
            }
            writeln!(out)?;
        }
        for outcome in &self.0 {
            let name = format!("{} ({})", outcome.scenario, outcome.mode);
            outcome.notes.iter().try_for_each(|note| writeln!(out, "{name}: {note}"))?;
            outcome.findings.all().take(SHOWN).try_for_each(|text| writeln!(out, "{name}: {text}"))?;
            let more = outcome.findings.all().count().saturating_sub(SHOWN);
            if more > 0 {
                writeln!(out, "{name}: and {more} more")?;
            }
            if !outcome.holds() {
                writeln!(out, "{name}: history and logs are kept in {}", outcome.folder.display())?;
            }
        }
        Ok(())
    }
}
