//! All declarations of one kind in a directory, in the order in which they were first met.

use std::collections::HashMap;

use domain::{Diagnostic, Severity};

use super::Diagnostics;
use crate::facts::{Declared, Overlay};
use crate::limits;

pub(crate) struct Collected<'a, T> {
    entries: Vec<(&'a str, Declared<T>)>,
    by_key: HashMap<&'a str, usize>,
    /// Declarations above the limit.
    pub(crate) left_out: usize,
}

impl<T> Default for Collected<'_, T> {
    fn default() -> Self {
        Self { entries: Vec::new(), by_key: HashMap::new(), left_out: 0 }
    }
}

impl<'a, T: Overlay + Clone> Collected<'a, T> {
    /// Adds what a primary file declares. The first of two equal names stays, as it is the one that the second repeats.
    pub(crate) fn declare(&mut self, file: &'a str, declared: &'a [Declared<T>], diagnostics: &mut Diagnostics) {
        for declaration in declared {
            match self.by_key.get(declaration.key.as_str()).and_then(|index| self.entries.get(*index)) {
                None => self.add(file, declaration),
                Some((first_file, first)) => {
                    let (kind, key, line) = (T::KIND, &declaration.key, first.line);
                    let summary =
                        format!("{kind} \"{key}\" is declared again; the first is in {first_file}, line {line}");
                    diagnostics.push(warning(file, declaration.line, summary));
                }
            }
        }
    }

    /// Changes what is declared, argument by argument.
    pub(crate) fn overlay(&mut self, file: &'a str, declared: &'a [Declared<T>], diagnostics: &mut Diagnostics) {
        for declaration in declared {
            let index = self.by_key.get(declaration.key.as_str()).copied();
            match index.and_then(|index| self.entries.get_mut(index)) {
                Some((_, entry)) => entry.says.overlay(&declaration.says),
                None => {
                    let summary = format!("{} \"{}\" overrides nothing", T::KIND, declaration.key);
                    diagnostics.push(warning(file, declaration.line, summary));
                    self.add(file, declaration);
                }
            }
        }
    }

    fn add(&mut self, file: &'a str, declaration: &'a Declared<T>) {
        if self.entries.len() >= limits::DIRECTORY_DECLARATIONS {
            self.left_out += 1;
            return;
        }
        self.by_key.insert(declaration.key.as_str(), self.entries.len());
        self.entries.push((file, declaration.clone()));
    }

    /// Each declaration as its file, key, line and content.
    pub(crate) fn into_each<U>(self, make: impl Fn(&str, String, u32, T) -> U) -> Vec<U> {
        self.entries.into_iter().map(|(file, entry)| make(file, entry.key, entry.line, entry.says)).collect()
    }
}

fn warning(file: &str, line: u32, summary: String) -> Diagnostic {
    Diagnostic { severity: Severity::Warning, summary, file: file.to_owned(), line }
}
