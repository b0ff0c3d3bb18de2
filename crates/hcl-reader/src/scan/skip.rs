//! Where an expression ends. Knows strings, templates, heredocs, comments and brackets, and nothing else of the
//! expression language; keeps its place on a stack of its own, so that no input can exhaust the thread's.

use super::heredoc::{Heredoc, end_line};
use crate::limits;

/// What ends an expression outside all brackets, besides a closing bracket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stops {
    pub(crate) comma: bool,
    pub(crate) newline: bool,
}

impl Stops {
    /// The value of an argument of a block.
    pub(crate) const ARGUMENT: Self = Self { comma: false, newline: true };
    /// An element of a list.
    pub(crate) const ELEMENT: Self = Self { comma: true, newline: false };
    /// The value of an object member.
    pub(crate) const MEMBER: Self = Self { comma: true, newline: true };
    /// What stands in parentheses.
    pub(crate) const GROUP: Self = Self { comma: false, newline: false };
}

/// What was skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Skipped {
    /// Where reading goes on.
    pub(crate) next: usize,
    /// Where the expression ends, without the blanks and comments behind it.
    pub(crate) end: usize,
    pub(crate) fault: Option<&'static str>,
    /// Nested so deeply that the rest of the file is not read.
    pub(crate) too_deep: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode<'a> {
    /// Until this closing bracket.
    Bracket(u8),
    /// `${` or `%{` inside a template, until `}`.
    Interpolation,
    Quoted,
    Heredoc(&'a [u8]),
}

/// Skips the expression at `start`.
pub(crate) fn skip(bytes: &[u8], start: usize, stops: Stops) -> Skipped {
    Skipper::new(bytes, start, stops).run(start)
}

/// The position after the `closer` that closes the bracket whose inside `start` lies in.
pub(crate) fn to_close(bytes: &[u8], start: usize, closer: u8) -> usize {
    let mut skipper = Skipper::new(bytes, start, Stops::GROUP);
    skipper.stack.push(Mode::Bracket(closer));
    while !skipper.stack.is_empty() && skipper.step() {}
    skipper.at
}

/// The position after the string that begins with the quote at `start`; `None` if it is not closed on its line.
pub(crate) fn quoted_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut skipper = Skipper::new(bytes, start + 1, Stops::GROUP);
    skipper.stack.push(Mode::Quoted);
    while !skipper.stack.is_empty() && skipper.step() {}
    (skipper.stack.is_empty() && skipper.fault.is_none()).then_some(skipper.at)
}

struct Skipper<'a> {
    bytes: &'a [u8],
    at: usize,
    stops: Stops,
    stack: Vec<Mode<'a>>,
    /// `/* … */` outside brackets, to cut those that follow the expression.
    comments: Vec<(usize, usize)>,
    fault: Option<&'static str>,
    too_deep: bool,
}

impl<'a> Skipper<'a> {
    fn new(bytes: &'a [u8], at: usize, stops: Stops) -> Self {
        Self { bytes, at, stops, stack: Vec::new(), comments: Vec::new(), fault: None, too_deep: false }
    }

    fn run(mut self, start: usize) -> Skipped {
        while self.step() {}
        Skipped { next: self.at, end: self.end(start), fault: self.fault, too_deep: self.too_deep }
    }

    /// Goes on until the mode changes; false when the expression is over.
    fn step(&mut self) -> bool {
        let goes_on = match self.stack.last() {
            Some(Mode::Quoted) => self.quoted(),
            Some(Mode::Heredoc(marker)) => self.heredoc(marker),
            Some(Mode::Bracket(_) | Mode::Interpolation) | None => self.code(),
        };
        if !goes_on && self.at >= self.bytes.len() && !self.stack.is_empty() && !self.too_deep {
            self.fault = Some(match self.stack.last() {
                Some(Mode::Heredoc(_)) => "a heredoc is never closed",
                Some(Mode::Quoted) => "a string is never closed",
                _ => "a bracket is never closed",
            });
        }
        goes_on
    }

    fn code(&mut self) -> bool {
        let is_outside = self.stack.is_empty();
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => return self.enter(Mode::Quoted, self.at + 1),
                b'(' => return self.enter(Mode::Bracket(b')'), self.at + 1),
                b'[' => return self.enter(Mode::Bracket(b']'), self.at + 1),
                b'{' => return self.enter(Mode::Bracket(b'}'), self.at + 1),
                b')' | b']' | b'}' => return self.close(byte),
                b'\n' if is_outside && self.stops.newline => return false,
                b',' if is_outside && self.stops.comma => return false,
                b'#' | b'/' => {
                    if !self.comment(byte, is_outside) {
                        return false;
                    }
                }
                b'<' => match Heredoc::begin(self.bytes, self.at) {
                    Some(heredoc) => return self.enter(Mode::Heredoc(heredoc.marker), heredoc.body),
                    None => self.at += 1,
                },
                _ => self.at += 1,
            }
        }
        false
    }

    /// Over a comment or a division; false when the expression ends before a comment that ends the line.
    fn comment(&mut self, byte: u8, is_outside: bool) -> bool {
        let start = self.at;
        match (byte, self.bytes.get(start + 1)) {
            (b'/', Some(b'*')) => {
                let rest = self.bytes.get(start + 2..).unwrap_or_default();
                let closed = rest.windows(2).position(|pair| pair == b"*/");
                self.at = closed.map_or(self.bytes.len(), |end| start + 2 + end + 2);
                if is_outside {
                    self.comments.push((start, self.at));
                }
            }
            (b'#', _) | (b'/', Some(b'/')) => {
                if is_outside && self.stops.newline {
                    return false;
                }
                let rest = self.bytes.get(start..).unwrap_or_default();
                self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            }
            _ => self.at += 1,
        }
        true
    }

    fn quoted(&mut self) -> bool {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.stack.pop();
                    self.at += 1;
                    return true;
                }
                b'\\' if self.bytes.get(self.at + 1).is_some_and(|next| *next != b'\n') => self.at += 2,
                b'$' | b'%' => {
                    if let Some(goes_on) = self.template(byte) {
                        return goes_on;
                    }
                }
                b'\n' => {
                    // The string is over, what holds it may go on: so one forgotten quote costs one line.
                    self.fault = self.fault.or(Some("a string is not closed on its line"));
                    self.stack.pop();
                    return true;
                }
                _ => self.at += 1,
            }
        }
        false
    }

    fn heredoc(&mut self, marker: &'a [u8]) -> bool {
        let mut at_line_start = self.bytes.get(self.at.wrapping_sub(1)) == Some(&b'\n');
        loop {
            if at_line_start && let Some(end) = end_line(self.bytes, self.at, marker) {
                self.stack.pop();
                self.at = end;
                return true;
            }
            match self.bytes.get(self.at) {
                None => return false,
                Some(byte @ (b'$' | b'%')) => {
                    if let Some(goes_on) = self.template(*byte) {
                        return goes_on;
                    }
                    at_line_start = false;
                }
                Some(byte) => {
                    at_line_start = *byte == b'\n';
                    self.at += 1;
                }
            }
        }
    }

    /// Over `$`, `$${` or into `${` (the same with `%`); `Some` when the mode changed.
    fn template(&mut self, byte: u8) -> Option<bool> {
        match (self.bytes.get(self.at + 1), self.bytes.get(self.at + 2)) {
            (Some(b'{'), _) => return Some(self.enter(Mode::Interpolation, self.at + 2)),
            (Some(second), Some(b'{')) if *second == byte => self.at += 3,
            _ => self.at += 1,
        }
        None
    }

    fn enter(&mut self, mode: Mode<'a>, next: usize) -> bool {
        if self.stack.len() >= limits::BRACKET_DEPTH {
            self.fault = Some("an expression is nested too deeply; the rest of the file is not read");
            self.too_deep = true;
            self.at = self.bytes.len();
            return false;
        }
        self.stack.push(mode);
        self.at = next;
        true
    }

    fn close(&mut self, byte: u8) -> bool {
        let closes = |mode: &Mode<'_>| *mode == Mode::Bracket(byte) || (*mode == Mode::Interpolation && byte == b'}');
        match self.stack.last() {
            Some(mode) if closes(mode) => {
                self.stack.pop();
                self.at += 1;
                return true;
            }
            None if byte == b'}' || !self.stops.newline || self.stops.comma => return false,
            _ => self.fault = self.fault.or(Some("brackets do not match")),
        }
        let is_template = |mode: &Mode<'_>| matches!(mode, Mode::Quoted | Mode::Heredoc(_));
        let opener = self.stack.iter().rposition(|mode| closes(mode) || is_template(mode));
        match opener.and_then(|index| Some((index, self.stack.get(index)?))) {
            Some((index, mode)) if closes(mode) => self.stack.truncate(index),
            // The brace of the block around: the block ends here, and what follows it is not lost.
            None if byte == b'}' => {
                self.stack.clear();
                return false;
            }
            _ => {}
        }
        self.at += 1;
        true
    }

    /// Where the expression ends before the blanks and comments behind it.
    fn end(&self, start: usize) -> usize {
        let mut end = self.at.min(self.bytes.len());
        let mut comments = self.comments.iter().rev();
        loop {
            let text = self.bytes.get(start..end).unwrap_or_default();
            end = start + text.trim_ascii_end().len();
            match comments.next() {
                Some((from, to)) if *to == end && *from >= start => end = *from,
                _ => return end,
            }
        }
    }
}
