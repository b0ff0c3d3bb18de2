//! What an undecoded value says, as far as it says it literally. Plain scalars, which nearly all values are, take a
//! short way; lists, objects and templates go to hcl-edit where it is known to be sound, else to a decoder of literals.

mod heredoc;
mod literal;
mod parsed;
mod quoted;

use crate::scan::quoted_end;
use crate::tree::Expr;
use crate::value::Value;

pub(crate) use quoted::unquote;

/// A value where a string is due.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Text {
    Null,
    Literal(String),
    /// Has to be evaluated; this is its source, without the quotes around it.
    Source(String),
    /// Can never be a string: what it is instead.
    Wrong(&'static str),
}

impl Expr<'_> {
    pub(crate) fn value(self) -> Value {
        match self {
            Self::Source(source) => decode(source),
            Self::Json(json) => json.value(),
        }
    }

    /// The value where a string is due; bools and numbers are converted, as the language does.
    pub(crate) fn text(self) -> Text {
        if let Self::Source(source) = self
            && let Some(plain) = quoted::plain(source)
        {
            return Text::Literal(plain.to_owned());
        }
        match (self.value(), self) {
            (Value::Null, _) => Text::Null,
            (Value::Bool(value), _) => Text::Literal(value.to_string()),
            (Value::Number(value), _) => Text::Literal(value.to_string()),
            // JSON keeps templates inside its strings, and nothing else could be an expression there.
            (Value::String(value), Self::Json(_)) if value.contains("${") => Text::Source(value),
            (Value::String(value), _) => Text::Literal(value),
            (Value::Other, Self::Source(source)) => Text::Source(inner(source)),
            (value, _) => Text::Wrong(value.kind()),
        }
    }

    /// The value where a bool is due: `None` for null, `Err` with what it is if it is something else.
    pub(crate) fn flag(self) -> Result<Option<bool>, &'static str> {
        match self.value() {
            Value::Null => Ok(None),
            Value::Bool(value) => Ok(Some(value)),
            Value::String(text) if text == "true" => Ok(Some(true)),
            Value::String(text) if text == "false" => Ok(Some(false)),
            other => Err(other.kind()),
        }
    }

    /// Compact JSON of a literal, the source of anything else.
    pub(crate) fn json_or_source(self) -> String {
        match self {
            Self::Source(source @ ("null" | "true" | "false" | "[]" | "{}" | "\"\"")) => source.to_owned(),
            Self::Source(source) => decode(source).to_json().unwrap_or_else(|| source.to_owned()),
            Self::Json(json) => json.value().to_json().unwrap_or_default(),
        }
    }

    /// As it is written; JSON writes every expression as a string, which is left away.
    pub(crate) fn source(self) -> String {
        match self {
            Self::Source(source) => source.to_owned(),
            Self::Json(_) => self.type_source(),
        }
    }

    /// The source of a type expression; the content of the string where it is quoted, as 0.11 and JSON write it.
    pub(crate) fn type_source(self) -> String {
        match (self, self.text()) {
            (_, Text::Literal(text)) => text,
            (Self::Source(source), _) => source.to_owned(),
            (Self::Json(_), Text::Source(text)) => text,
            (Self::Json(json), _) => json.value().to_json().unwrap_or_default(),
        }
    }
}

fn decode(source: &str) -> Value {
    if let Some(value) = scalar(source) {
        return value;
    }
    if parsed::fits(source)
        && let Some(value) = parsed::decode(source)
    {
        return value;
    }
    literal::decode(source)
}

fn scalar(source: &str) -> Option<Value> {
    match source.as_bytes() {
        b"null" => Some(Value::Null),
        b"true" => Some(Value::Bool(true)),
        b"false" => Some(Value::Bool(false)),
        b"[]" => Some(Value::List(Vec::new())),
        [b'"', ..] => quoted::text(source).map(|text| Value::string(text.into_owned())),
        [b'0'..=b'9', ..] => literal::number(source),
        [b'<', b'<', ..] => heredoc::read(source).filter(|text| text.is_literal).map(|text| Value::string(text.text)),
        _ => None,
    }
}

/// The source of a template without its quotes or markers, or any other source as it is.
fn inner(source: &str) -> String {
    if let Some(heredoc) = heredoc::read(source) {
        return heredoc.text;
    }
    let is_one_string = source.starts_with('"') && quoted_end(source.as_bytes(), 0) == Some(source.len());
    let content = if is_one_string { source.get(1..source.len() - 1) } else { None };
    content.unwrap_or(source).to_owned()
}

#[cfg(test)]
mod tests;
