//! Blocks and arguments. What cannot be read costs its line and gives a problem; reading goes on after it.

use std::borrow::Cow;

use super::cursor::{Cursor, is_name_start};
use super::skip::{Skipped, Stops, skip};
use crate::decode::unquote;
use crate::limits;
use crate::problems::Problems;
use crate::tree::{Attribute, Block, Body, Expr};

/// Reads the structure of one file.
pub(crate) fn scan<'a>(text: &'a str, problems: &mut Problems) -> Body<'a> {
    let cursor = Cursor::new(text);
    let mut scanner =
        Scanner { cursor, lines: Lines::default(), open: vec![], top: Body::default(), items: 0, problems };
    while scanner.next_item() {}
    scanner.finish()
}

struct Scanner<'a, 'p> {
    cursor: Cursor<'a>,
    lines: Lines,
    /// Blocks whose closing brace is still to come, and where their opening one is.
    open: Vec<(Block<'a>, usize)>,
    top: Body<'a>,
    items: usize,
    problems: &'p mut Problems,
}

impl<'a> Scanner<'a, '_> {
    /// Reads one block header, argument or closing brace; false at the end.
    fn next_item(&mut self) -> bool {
        self.cursor.skip_blanks();
        if self.items >= limits::ITEMS {
            let line = self.line(self.cursor.at);
            self.problems
                .error(line, format!("more than {} blocks and arguments; the rest is not read", limits::ITEMS));
            return false;
        }
        self.items += 1;
        match self.cursor.peek() {
            None => false,
            Some(b'}') => self.close_block(),
            Some(b'"') => self.quoted_argument(),
            Some(byte) if is_name_start(byte) => self.named_item(),
            Some(_) => self.give_up_line("an argument or a block is expected here"),
        }
    }

    fn named_item(&mut self) -> bool {
        let start = self.cursor.at;
        let name = self.cursor.name();
        if name.is_empty() {
            return self.give_up_line("an argument or a block is expected here");
        }
        self.cursor.skip_inline_blanks();
        if self.cursor.peek() == Some(b'=') && self.cursor.peek_second() != Some(b'=') {
            return self.argument(name, start);
        }
        self.block(name, start)
    }

    /// `"name" = value`: written for 0.11, refused since, and clear enough.
    fn quoted_argument(&mut self) -> bool {
        let start = self.cursor.at;
        let name = self.quoted().and_then(|text| text.get(1..text.len().saturating_sub(1)));
        self.cursor.skip_inline_blanks();
        match name {
            Some(name) if self.cursor.peek() == Some(b'=') => self.argument(name, start),
            _ => {
                self.cursor.at = start;
                self.give_up_line("an argument or a block is expected here")
            }
        }
    }

    fn argument(&mut self, name: &'a str, start: usize) -> bool {
        self.cursor.at += 1;
        self.cursor.skip_inline_blanks();
        let value_at = self.cursor.at;
        let line = self.line(start);
        let skipped = skip(self.cursor.bytes(), value_at, Stops::ARGUMENT);
        let source = self.cursor.text().get(value_at..skipped.end).unwrap_or_default();
        self.cursor.at = skipped.next;
        if source.is_empty() {
            self.problems.error(line, format!("argument \"{name}\" has no value"));
        } else {
            self.body().attributes.push(Attribute { name, line, expr: Expr::Source(source) });
        }
        self.report(line, skipped)
    }

    /// The labels and the opening brace, which may stand on the next line: 0.11 let it.
    fn block(&mut self, kind: &'a str, start: usize) -> bool {
        let line = self.line(start);
        let mut labels = Vec::new();
        loop {
            match self.cursor.peek() {
                Some(b'{') => return self.open_block(Block { kind, labels, line, source: "", body: Body::default() }),
                Some(b'"') => match self.quoted() {
                    Some(text) => labels.push(label(text)),
                    None => return self.give_up_line("the label of a block is not closed"),
                },
                Some(byte) if is_name_start(byte) => match self.cursor.name() {
                    "" => return self.give_up_line("the label of a block cannot be read"),
                    name => labels.push(Cow::Borrowed(name)),
                },
                Some(b'\n' | b'#' | b'/') => {
                    let header_end = self.cursor.at;
                    self.cursor.skip_blanks();
                    if self.cursor.peek() != Some(b'{') {
                        self.cursor.at = header_end;
                        return self.give_up_line("neither an argument nor a block");
                    }
                }
                _ => return self.give_up_line("neither an argument nor a block"),
            }
            if labels.len() > limits::LABELS {
                return self.give_up_line("a block has too many labels");
            }
            self.cursor.skip_inline_blanks();
        }
    }

    fn open_block(&mut self, block: Block<'a>) -> bool {
        if self.open.len() >= limits::BLOCK_DEPTH {
            self.problems.error(block.line, "blocks are nested too deeply; the rest of the file is not read");
            return false;
        }
        self.open.push((block, self.cursor.at));
        self.cursor.at += 1;
        true
    }

    fn close_block(&mut self) -> bool {
        self.cursor.at += 1;
        match self.open.pop() {
            Some((mut block, opened_at)) => {
                block.source = self.cursor.since(opened_at);
                self.body().blocks.push(block);
            }
            None => {
                let line = self.line(self.cursor.at - 1);
                self.problems.error(line, "a closing brace without an opening one");
            }
        }
        true
    }

    /// The string that starts here, with its quotes; `None` if it is not closed on its line.
    fn quoted(&mut self) -> Option<&'a str> {
        let start = self.cursor.at;
        let bytes = self.cursor.bytes();
        let mut at = start + 1;
        loop {
            match bytes.get(at)? {
                b'"' => break,
                b'\n' => return None,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        self.cursor.at = at + 1;
        Some(self.cursor.since(start))
    }

    /// Goes on after this line, or after the brackets that begin on it.
    fn give_up_line(&mut self, summary: &str) -> bool {
        let line = self.line(self.cursor.at);
        self.problems.error(line, summary);
        let skipped = skip(self.cursor.bytes(), self.cursor.at, Stops::ARGUMENT);
        self.cursor.at = skipped.next;
        !skipped.too_deep
    }

    fn report(&mut self, line: u32, skipped: Skipped) -> bool {
        if let Some(fault) = skipped.fault {
            self.problems.error(line, fault);
        }
        !skipped.too_deep
    }

    fn body(&mut self) -> &mut Body<'a> {
        match self.open.last_mut() {
            Some((block, _)) => &mut block.body,
            None => &mut self.top,
        }
    }

    fn line(&mut self, at: usize) -> u32 {
        self.lines.line(self.cursor.bytes(), at)
    }

    fn finish(mut self) -> Body<'a> {
        if let Some((block, _)) = self.open.last() {
            self.problems.error(block.line, format!("block \"{}\" is never closed", block.kind));
        }
        while let Some((block, _)) = self.open.pop() {
            self.body().blocks.push(block);
        }
        self.top
    }
}

fn label(quoted: &str) -> Cow<'_, str> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    unquote(inner).unwrap_or(Cow::Borrowed(inner))
}

/// Line numbers of positions that are asked for almost in order, without an index of all lines.
#[derive(Default)]
struct Lines {
    at: usize,
    line: u32,
}

impl Lines {
    fn line(&mut self, bytes: &[u8], at: usize) -> u32 {
        if at < self.at {
            *self = Self::default();
        }
        let between = bytes.get(self.at..at).unwrap_or_default();
        let breaks = between.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.at = at;
        self.line.saturating_add(1)
    }
}
