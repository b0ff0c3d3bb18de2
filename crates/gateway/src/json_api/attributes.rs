//! Reading attributes of a request body. `null` equals absent, unknown ones are ignored, and a wrong JSON type is a
//! 422 that points at the attribute.

use domain::Error;
use serde_json::{Map, Value};
use service_kit::JsonApiError;

/// Longer than any text a client has a reason to send.
const LONGEST_TEXT: usize = 8192;

/// Of a list of texts.
const MOST_ITEMS: usize = 100;

/// A JSON object and where in the body it is.
#[derive(Debug)]
pub(crate) struct Attributes {
    pointer: String,
    values: Map<String, Value>,
}

impl Attributes {
    pub(crate) fn new(pointer: impl Into<String>, values: Map<String, Value>) -> Self {
        Self { pointer: pointer.into(), values }
    }

    /// A failure about the attribute `name`.
    pub(crate) fn at(&self, name: &str, error: Error) -> JsonApiError {
        JsonApiError::at(format!("{}/{}", self.pointer, escape(name)), error)
    }

    /// The attribute `name` is wrong because it `reason`.
    pub(crate) fn refuse(&self, name: &str, reason: &str) -> JsonApiError {
        self.at(name, Error::invalid(name, reason))
    }

    /// All that were sent, with any JSON type, also `null`.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.values.iter()
    }

    /// All that were given, with any JSON type.
    pub(crate) fn given(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.values.iter().filter(|(_, value)| !value.is_null())
    }

    /// May be empty.
    pub(crate) fn optional_string(&self, name: &str) -> Result<Option<&str>, JsonApiError> {
        self.text(name, char::is_control)
    }

    /// The same of something in lines, such as a key.
    pub(crate) fn optional_lines(&self, name: &str) -> Result<Option<&str>, JsonApiError> {
        self.text(name, |character| character.is_control() && !matches!(character, '\n' | '\r'))
    }

    fn text(&self, name: &str, is_wrong: fn(char) -> bool) -> Result<Option<&str>, JsonApiError> {
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.chars().any(is_wrong) => {
                Err(self.refuse(name, "must not contain control characters"))
            }
            Some(Value::String(text)) if text.len() > LONGEST_TEXT => {
                Err(self.refuse(name, "must not be longer than 8192 bytes"))
            }
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.refuse(name, "must be a string")),
        }
    }

    /// For attributes that clients send as `""` when they mean nothing.
    pub(crate) fn non_empty_string(&self, name: &str) -> Result<Option<&str>, JsonApiError> {
        Ok(self.optional_string(name)?.filter(|text| !text.is_empty()))
    }

    /// Present and not empty.
    pub(crate) fn required_string(&self, name: &str) -> Result<&str, JsonApiError> {
        self.non_empty_string(name)?.ok_or_else(|| self.refuse(name, "must be given"))
    }

    /// Present, and what `T` demands.
    pub(crate) fn required<T>(&self, name: &str) -> Result<T, JsonApiError>
    where
        T: std::str::FromStr<Err = Error>,
    {
        self.required_string(name)?.parse().map_err(|error| self.at(name, error))
    }

    pub(crate) fn optional_bool(&self, name: &str) -> Result<Option<bool>, JsonApiError> {
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(self.refuse(name, "must be true or false")),
        }
    }

    pub(crate) fn required_object(&self, name: &str) -> Result<Attributes, JsonApiError> {
        self.optional_object(name)?.ok_or_else(|| self.refuse(name, "must be given"))
    }

    pub(crate) fn optional_object(&self, name: &str) -> Result<Option<Attributes>, JsonApiError> {
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(values)) => Ok(Some(self.inner(&escape(name), values))),
            Some(_) => Err(self.refuse(name, "must be an object")),
        }
    }

    /// A list of texts, none of them empty.
    pub(crate) fn optional_strings(&self, name: &str) -> Result<Option<Vec<&str>>, JsonApiError> {
        let values = match self.values.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(values)) if values.len() <= MOST_ITEMS => values,
            Some(Value::Array(_)) => return Err(self.refuse(name, "must not have more than 100 items")),
            Some(_) => return Err(self.refuse(name, "must be a list")),
        };
        let is_sound = |text: &&str| !text.is_empty() && !text.chars().any(char::is_control);
        let to_text =
            |value| Value::as_str(value).filter(is_sound).ok_or_else(|| self.refuse(name, "must be a list of strings"));
        values.iter().map(to_text).collect::<Result<Vec<_>, _>>().map(Some)
    }

    /// A list of objects, each of which knows its place.
    pub(crate) fn optional_objects(&self, name: &str) -> Result<Option<Vec<Attributes>>, JsonApiError> {
        let values = match self.values.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(values)) => values,
            Some(_) => return Err(self.refuse(name, "must be a list")),
        };
        let to_object = |(at, value): (usize, &Value)| match value {
            Value::Object(values) => Ok(self.inner(&format!("{}/{at}", escape(name)), values)),
            _ => Err(self.refuse(name, "must be a list of objects")),
        };
        values.iter().enumerate().map(to_object).collect::<Result<Vec<_>, _>>().map(Some)
    }

    /// `place` is escaped already, if it needs to be.
    fn inner(&self, place: &str, values: &Map<String, Value>) -> Attributes {
        Self::new(format!("{}/{place}", self.pointer), values.clone())
    }
}

/// As RFC 6901 demands of a part of a JSON pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
