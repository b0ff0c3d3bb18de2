//! What was left out, and why: for the user, never an error.

use serde::{Deserialize, Serialize};

/// Told at most; a hostile tree could earn thousands.
const MOST: usize = 200;

/// Something that was left out of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub path: String,
    pub reason: String,
}

/// A bounded list. A path that repeats the one before is told once.
#[derive(Debug, Default)]
pub(crate) struct Notes(Vec<Note>);

impl Notes {
    pub(crate) fn add(&mut self, path: &str, reason: &str) {
        if self.0.len() > MOST || self.0.last().is_some_and(|last| last.path == path) {
            return;
        }
        let reason = if self.0.len() == MOST {
            format!("{reason}; there is more, only the first {MOST} are told")
        } else {
            reason.to_owned()
        };
        self.0.push(Note { path: path.to_owned(), reason });
    }

    pub(crate) fn as_slice(&self) -> &[Note] {
        &self.0
    }

    pub(crate) fn into_vec(self) -> Vec<Note> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_bounded_and_the_last_one_says_so() {
        let mut notes = Notes::default();

        for number in 0..10_000 {
            notes.add(&format!("link{number}"), "dangles");
        }

        let told = notes.into_vec();
        assert_eq!(told.len(), MOST + 1);
        assert!(told[MOST].reason.contains("there is more"));
    }
}
