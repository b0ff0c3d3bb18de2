//! A literal, decoded. Nothing in here was evaluated.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::Number;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    List(Vec<Value>),
    /// Sorted, so that the same literal always gives the same text; the last of equal keys wins.
    Object(BTreeMap<String, Value>),
    /// Not a literal: would have to be evaluated, or cannot be read.
    Other,
}

impl Value {
    /// A number as every other implementation prints it: `1.0` is `1`. What is too large for JSON is no literal.
    pub(crate) fn number(value: f64) -> Self {
        // Up to here every integer has an exact double, so nothing is lost by calling it one.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if value.fract() == 0.0 && value.abs() <= EXACT {
            #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
            return Self::Number(Number::from(value as i64));
        }
        Number::from_f64(value).map_or(Self::Other, Self::Number)
    }

    /// Text that PostgreSQL can hold: it refuses U+0000 in any form.
    pub(crate) fn string(mut text: String) -> Self {
        text.retain(|character| character != '\0');
        Self::String(text)
    }

    /// Compact JSON; `None` if any part is not a literal.
    pub(crate) fn to_json(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// Words for a diagnostic.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
            Self::Other => "an expression",
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => value.serialize(serializer),
            Self::String(value) => serializer.serialize_str(value),
            Self::List(values) => serializer.collect_seq(values),
            Self::Object(members) => serializer.collect_map(members),
            Self::Other => Err(serde::ser::Error::custom("not a literal")),
        }
    }
}
