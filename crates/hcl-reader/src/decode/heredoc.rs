//! The text of a heredoc. Lines keep their ends as they are; only `$${` and `%%{` are escapes.

use super::quoted::template_escape;
use crate::scan::{Heredoc, heredoc_end};

pub(crate) struct HeredocText {
    /// The lines, without their common indentation if it is `<<-`; templates in them as written.
    pub(crate) text: String,
    pub(crate) is_literal: bool,
}

/// Reads a source that is one heredoc and nothing else.
pub(crate) fn read(source: &str) -> Option<HeredocText> {
    let (heredoc, body, end) = parts(source)?;
    if end != source.len() {
        return None;
    }
    let lines = if heredoc.indented { dedent(body) } else { body.to_owned() };
    Some(match resolve(&lines) {
        Some(text) => HeredocText { text, is_literal: true },
        None => HeredocText { text: lines, is_literal: false },
    })
}

/// The heredoc at the start of `source`: its head, its lines, and where it ends.
pub(crate) fn parts(source: &str) -> Option<(Heredoc<'_>, &str, usize)> {
    let bytes = source.as_bytes();
    let heredoc = Heredoc::begin(bytes, 0)?;
    let mut line = heredoc.body;
    loop {
        if let Some(end) = heredoc_end(bytes, line, heredoc.marker) {
            return Some((heredoc, source.get(heredoc.body..line)?, end));
        }
        line += source.get(line..)?.find('\n')? + 1;
    }
}

/// Cuts the indentation that all lines share. Blank lines neither count nor change.
pub(crate) fn dedent(body: &str) -> String {
    let indentation = |line: &str| line.chars().take_while(|character| character.is_whitespace()).count();
    let is_text = |line: &&str| !line.trim().is_empty();
    let shared = body.split_inclusive('\n').filter(is_text).map(indentation).min().unwrap_or(0);
    let mut text = String::with_capacity(body.len());
    for line in body.split_inclusive('\n') {
        let cut = if is_text(&line) { line.chars().take(shared).map(char::len_utf8).sum() } else { 0 };
        text.push_str(line.get(cut..).unwrap_or(line));
    }
    text
}

/// The lines with their escapes resolved; `None` if they hold a template.
pub(crate) fn resolve(lines: &str) -> Option<String> {
    let mut text = String::with_capacity(lines.len());
    let mut rest = lines;
    while let Some(special) = rest.find(['$', '%']) {
        let (before, after) = rest.split_at_checked(special)?;
        text.push_str(before);
        rest = after.get(template_escape(after, &mut text)?..)?;
    }
    text.push_str(rest);
    Some(text)
}
