//! A position in a text, and the small steps that the scanner and the decoder of literals share.

/// Reads forward over a text; every position it stops at is a character boundary.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    pub(crate) at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    pub(crate) fn peek_second(&self) -> Option<u8> {
        self.bytes().get(self.at + 1).copied()
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// The text from `start` to here.
    pub(crate) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Blanks and closed `/* … */` on this line. A comment may span lines: it is one blank to the grammar.
    pub(crate) fn skip_inline_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                Some(b'/') if self.peek_second() == Some(b'*') => self.skip_block_comment(),
                _ => return,
            }
        }
    }

    /// Blanks, line ends and comments of every form.
    pub(crate) fn skip_blanks(&mut self) {
        loop {
            self.skip_inline_blanks();
            match self.peek() {
                Some(b'\n') => self.at += 1,
                Some(b'#') => self.skip_line(),
                Some(b'/') if self.peek_second() == Some(b'/') => self.skip_line(),
                _ => return,
            }
        }
    }

    /// To the end of the line, not over it.
    pub(crate) fn skip_line(&mut self) {
        let rest = self.bytes().get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    }

    /// Over a comment that starts here; one that is never closed goes on to the end.
    pub(crate) fn skip_block_comment(&mut self) {
        let body = self.text.get(self.at + 2..).unwrap_or_default();
        self.at = body.find("*/").map_or(self.text.len(), |end| self.at + 2 + end + 2);
    }

    /// The identifier that starts here; empty if none does.
    pub(crate) fn name(&mut self) -> &'a str {
        let start = self.at;
        while let Some(byte) = self.peek() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') {
                self.at += 1;
            } else if let Some(length) = self.wide_letter(byte) {
                self.at += length;
            } else {
                break;
            }
        }
        self.since(start)
    }

    fn wide_letter(&self, byte: u8) -> Option<usize> {
        if byte.is_ascii() {
            return None;
        }
        let letter = self.text.get(self.at..)?.chars().next()?;
        let is_mark = ('\u{300}'..='\u{36f}').contains(&letter);
        (letter.is_alphanumeric() || is_mark).then_some(letter.len_utf8())
    }
}

/// A byte that can begin an identifier; the first byte of any wide character is taken for one.
pub(crate) fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}
