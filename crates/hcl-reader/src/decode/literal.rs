//! A decoder of literals: linear, with bounded depth, and content with parts that are none ([`Value::Other`]).
//! It reads what hcl-edit must not be given (large or deep values, heredocs) and what it wrongly refuses.

use std::collections::BTreeMap;

use serde_json::Number;

use super::{heredoc, quoted};
use crate::limits;
use crate::scan::{Cursor, Stops, is_name_start, quoted_end, skip, to_close};
use crate::value::Value;

pub(crate) fn decode(source: &str) -> Value {
    let mut decoder = Decoder { cursor: Cursor::new(source), depth: 0, nodes: 0 };
    let value = decoder.value(Stops::GROUP);
    if decoder.cursor.is_at_end() { value } else { Value::Other }
}

/// A whole number literal.
pub(crate) fn number(source: &str) -> Option<Value> {
    let is_number_byte = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    if source.ends_with('.') || !source.bytes().all(is_number_byte) {
        return None;
    }
    match source.parse::<u64>() {
        Ok(whole) => Some(Value::Number(Number::from(whole))),
        Err(_) => source.parse::<f64>().ok().map(Value::number),
    }
}

struct Decoder<'a> {
    cursor: Cursor<'a>,
    depth: usize,
    nodes: usize,
}

impl Decoder<'_> {
    /// Reads the value that ends at one of `stops` and everything up to there.
    fn value(&mut self, stops: Stops) -> Value {
        self.skip_blanks(stops);
        self.nodes += 1;
        let is_affordable = self.nodes <= limits::VALUE_NODES && self.depth < limits::VALUE_DEPTH;
        self.depth += 1;
        let value = if is_affordable { self.primary() } else { Value::Other };
        self.depth -= 1;
        self.skip_blanks(stops);
        let is_over = match self.cursor.peek() {
            None | Some(b']' | b'}' | b')') => true,
            Some(b',') => stops.comma,
            Some(b'\n' | b'#') => stops.newline,
            Some(b'/') => stops.newline && self.cursor.peek_second() == Some(b'/'),
            Some(_) => false,
        };
        if is_over {
            return value;
        }
        // An operator, an index, a call: whatever it is, its end is known without understanding it.
        self.cursor.at = skip(self.cursor.bytes(), self.cursor.at, stops).next;
        Value::Other
    }

    fn skip_blanks(&mut self, stops: Stops) {
        if stops.newline {
            self.cursor.skip_inline_blanks();
        } else {
            self.cursor.skip_blanks();
        }
    }

    fn primary(&mut self) -> Value {
        match self.cursor.peek() {
            Some(b'"') => self.string().map_or(Value::Other, Value::string),
            Some(b'[') => self.list(),
            Some(b'{') => self.object(),
            Some(b'(') => self.group(),
            Some(b'<') => self.heredoc().unwrap_or(Value::Other),
            Some(b'-') => self.negative(),
            Some(b'0'..=b'9') => self.number(),
            Some(byte) if is_name_start(byte) => match self.cursor.name() {
                "null" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => Value::Other,
            },
            _ => Value::Other,
        }
    }

    fn string(&mut self) -> Option<String> {
        let start = self.cursor.at;
        self.cursor.at = quoted_end(self.cursor.bytes(), start)?;
        quoted::text(self.cursor.since(start)).map(std::borrow::Cow::into_owned)
    }

    fn heredoc(&mut self) -> Option<Value> {
        let source = self.cursor.text().get(self.cursor.at..)?;
        let (head, body, length) = heredoc::parts(source)?;
        self.cursor.at += length;
        let text = if head.indented { heredoc::resolve(&heredoc::dedent(body)) } else { heredoc::resolve(body) };
        Some(text.map_or(Value::Other, Value::string))
    }

    fn number(&mut self) -> Value {
        let start = self.cursor.at;
        while let Some(byte) = self.cursor.peek() {
            let previous = self.cursor.since(start).as_bytes().last();
            let is_exponent_sign = matches!(byte, b'+' | b'-') && matches!(previous, Some(b'e' | b'E'));
            if !(byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E') || is_exponent_sign) {
                break;
            }
            self.cursor.at += 1;
        }
        number(self.cursor.since(start)).unwrap_or(Value::Other)
    }

    fn negative(&mut self) -> Value {
        self.cursor.at += 1;
        self.cursor.skip_inline_blanks();
        match self.cursor.peek() {
            Some(b'0'..=b'9') => negate(&self.number()),
            _ => Value::Other,
        }
    }

    fn group(&mut self) -> Value {
        self.cursor.at += 1;
        let value = self.value(Stops::GROUP);
        if self.cursor.peek() != Some(b')') {
            return self.give_up(b')');
        }
        self.cursor.at += 1;
        value
    }

    fn list(&mut self) -> Value {
        self.cursor.at += 1;
        let mut values = Vec::new();
        loop {
            self.cursor.skip_blanks();
            if self.cursor.peek() == Some(b']') {
                self.cursor.at += 1;
                return Value::List(values);
            }
            values.push(self.value(Stops::ELEMENT));
            match self.cursor.peek() {
                Some(b',') => self.cursor.at += 1,
                Some(b']') => {}
                _ => return self.give_up(b']'),
            }
        }
    }

    fn object(&mut self) -> Value {
        self.cursor.at += 1;
        let mut members = BTreeMap::new();
        loop {
            self.cursor.skip_blanks();
            if self.cursor.peek() == Some(b'}') {
                self.cursor.at += 1;
                return Value::Object(members);
            }
            let Some(key) = self.key() else {
                return self.give_up(b'}');
            };
            self.cursor.skip_inline_blanks();
            if !matches!(self.cursor.peek(), Some(b'=' | b':')) {
                return self.give_up(b'}');
            }
            self.cursor.at += 1;
            let value = self.value(Stops::MEMBER);
            members.insert(key, value);
            match self.cursor.peek() {
                Some(b',') => self.cursor.at += 1,
                Some(b'\n' | b'#' | b'/' | b'}') => {}
                _ => return self.give_up(b'}'),
            }
        }
    }

    fn key(&mut self) -> Option<String> {
        let value = match self.cursor.peek()? {
            byte if is_name_start(byte) => {
                let name = self.cursor.name();
                return (!name.is_empty()).then(|| name.to_owned());
            }
            b'"' => return self.string(),
            b'(' if self.depth < limits::VALUE_DEPTH => self.group(),
            b'0'..=b'9' => self.number(),
            _ => return None,
        };
        match value {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            _ => None,
        }
    }

    /// Leaves the bracket that this value opened; what it holds is not a literal.
    fn give_up(&mut self, closer: u8) -> Value {
        self.cursor.at = to_close(self.cursor.bytes(), self.cursor.at, closer);
        Value::Other
    }
}

pub(crate) fn negate(value: &Value) -> Value {
    let Value::Number(number) = value else {
        return Value::Other;
    };
    match number.as_i64().and_then(i64::checked_neg) {
        Some(whole) => Value::Number(Number::from(whole)),
        None => number.as_f64().map_or(Value::Other, |value| Value::number(-value)),
    }
}
