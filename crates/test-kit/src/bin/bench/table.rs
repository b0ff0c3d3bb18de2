//! Rows of figures, as min/median/max of the rounds, and whether the median keeps what was promised.

use std::fmt::{self, Display, Formatter};

/// One figure of every round.
#[derive(Debug, Default, Clone)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Round by round.
    fn over(&self, anchor: &Self) -> Self {
        Self(self.0.iter().zip(&anchor.0).map(|(ours, theirs)| ours / theirs).collect())
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    fn median(&self) -> f64 {
        let sorted = self.sorted();
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

impl Display for Samples {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let sorted = self.sorted();
        let (min, max) = (sorted.first().copied(), sorted.last().copied());
        let three = [min.unwrap_or(f64::NAN), self.median(), max.unwrap_or(f64::NAN)].map(short);
        out.pad(&three.join("/"))
    }
}

/// About three digits that say something.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100_000.0 => format!("{:.0}k", value / 1000.0),
        size if size >= 10_000.0 => format!("{:.1}k", value / 1000.0),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// What was promised of the ratio, or of the figure itself where it has no anchor.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Only for the reader.
    None,
}

impl Goal {
    fn is_kept_by(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
            Self::None => true,
        }
    }
}

impl Display for Goal {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => out.pad(&format!("<= {limit}")),
            Self::AtLeast(limit) => out.pad(&format!(">= {limit}")),
            Self::None => out.pad("-"),
        }
    }
}

/// A line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    figures: Figures,
}

#[derive(Debug)]
enum Figures {
    Ratio { ours: Samples, anchor: Samples, goal: Goal },
    Alone { ours: Samples, goal: Goal },
    Missing(String),
}

impl Row {
    /// Judged by ours divided by the anchor's.
    pub(crate) fn ratio(what: impl Into<String>, ours: Samples, anchor: Samples, goal: Goal) -> Self {
        Self { what: what.into(), figures: Figures::Ratio { ours, anchor, goal } }
    }

    /// Judged by the figure itself.
    pub(crate) fn alone(what: impl Into<String>, ours: Samples, goal: Goal) -> Self {
        Self { what: what.into(), figures: Figures::Alone { ours, goal } }
    }

    pub(crate) fn missing(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), figures: Figures::Missing(why.into()) }
    }
}

impl Display for Row {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let none = "-".to_owned();
        let (ours, anchor, ratio, goal, judged) = match &self.figures {
            Figures::Missing(why) => return write!(out, "{:<62}  not measured: {why}", self.what),
            Figures::Alone { ours, goal } => (ours, none.clone(), none, *goal, ours.median()),
            Figures::Ratio { ours, anchor, goal } => {
                let ratio = ours.over(anchor);
                (ours, anchor.to_string(), ratio.to_string(), *goal, ratio.median())
            }
        };
        let verdict = match goal {
            Goal::None => "",
            kept if kept.is_kept_by(judged) => "kept",
            _ => "MISSED",
        };
        write!(out, "{:<62}  {ours:<20}  {anchor:<20}  {ratio:<16}  {goal:<8}  {verdict}", self.what)
    }
}

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Table {
    title: String,
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Table {
    pub(crate) fn new(title: &str) -> Self {
        Self { title: title.to_owned(), rows: Vec::new(), notes: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: Row) {
        eprintln!("  {row}");
        self.rows.push(row);
    }

    pub(crate) fn extend(&mut self, rows: impl IntoIterator<Item = Row>) {
        rows.into_iter().for_each(|row| self.push(row));
    }

    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }
}

impl Display for Table {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}; min/median/max of {} rounds\n", self.title, crate::ROUNDS)?;
        writeln!(out, "{:<62}  {:<20}  {:<20}  {:<16}  goal", "", "Quarry", "anchor", "ratio")?;
        self.rows.iter().try_for_each(|row| writeln!(out, "{row}"))?;
        self.notes.iter().try_for_each(|note| write!(out, "\n{note}"))
    }
}
