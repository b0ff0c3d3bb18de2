//! What went wrong in one file, before anybody knows where the file lies.

use domain::Severity;

use crate::limits;

/// A diagnostic without its file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    pub(crate) severity: Severity,
    pub(crate) summary: String,
    /// From 1; 0 when it is about the whole file.
    pub(crate) line: u32,
}

/// The first problems of a file; the rest is only counted, so that a hostile file costs no memory.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    pub(crate) kept: Vec<Problem>,
    pub(crate) left_out: usize,
}

impl Problems {
    pub(crate) fn error(&mut self, line: u32, summary: impl Into<String>) {
        self.push(Severity::Error, line, summary);
    }

    pub(crate) fn warning(&mut self, line: u32, summary: impl Into<String>) {
        self.push(Severity::Warning, line, summary);
    }

    fn push(&mut self, severity: Severity, line: u32, summary: impl Into<String>) {
        if self.kept.len() < limits::DIAGNOSTICS {
            self.kept.push(Problem { severity, summary: summary.into(), line });
        } else {
            self.left_out += 1;
        }
    }
}
