//! Filters and sorting in a query. What is unknown is refused: whoever filters and is not understood would get too much.

use service_kit::JsonApiError;

use crate::json_api::query::Query;

const MOST_VALUES: usize = 100;
/// Of an unknown parameter, in the error.
const LONGEST_SHOWN: usize = 64;
/// The word for "no value".
pub(super) const NULL: &str = "null";

/// Refuses every filter but the `known` ones, such as `filter[name]`.
pub(super) fn check(query: &Query, known: &[&str]) -> Result<(), JsonApiError> {
    let unknown = query.pairs.iter().find(|(name, _)| name.starts_with("filter") && !known.contains(&name.as_str()));
    match unknown {
        None => Ok(()),
        Some((name, _)) => {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(LONGEST_SHOWN).collect();
            Err(JsonApiError::bad_request(format!("There is no parameter {shown} here")))
        }
    }
}

/// The values of a filter, which stand with commas between them; none if it is not given.
pub(super) fn values(query: &Query, name: &str) -> Result<Vec<String>, JsonApiError> {
    let Some(text) = query.find(name) else { return Ok(Vec::new()) };
    if text.contains(char::is_control) {
        return Err(JsonApiError::bad_request(format!("{name} must not contain control characters")));
    }
    let text = text.strip_prefix("in:").unwrap_or(text);
    let values: Vec<String> = text.split(',').map(str::trim).map(str::to_owned).collect();
    if values.len() > MOST_VALUES {
        return Err(JsonApiError::bad_request(format!("{name} must not have more than {MOST_VALUES} values")));
    }
    Ok(values)
}

/// The one text of a parameter.
pub(super) fn text<'a>(query: &'a Query, name: &str) -> Result<Option<&'a str>, JsonApiError> {
    match query.find(name) {
        Some(text) if text.contains(char::is_control) => {
            Err(JsonApiError::bad_request(format!("{name} must not contain control characters")))
        }
        found => Ok(found),
    }
}

/// The values of a filter, each of them one of those that `parse` knows.
pub(super) fn words<T>(query: &Query, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, JsonApiError> {
    let wrong = |value: &str| {
        let shown: String = value.chars().take(LONGEST_SHOWN).collect();
        JsonApiError::bad_request(format!("{name} does not know {shown}"))
    };
    values(query, name)?.iter().map(|value| parse(value).ok_or_else(|| wrong(value))).collect()
}

/// What a list is sorted by, and whether backwards.
pub(super) fn sorting<T>(query: &Query, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<(T, bool)>, JsonApiError> {
    let key = |text: &String| match text.strip_prefix('-') {
        Some(name) => parse(name).map(|key| (key, true)),
        None => parse(text).map(|key| (key, false)),
    };
    let found: Option<Vec<(T, bool)>> = values(query, "sort")?.iter().map(key).collect();
    found.ok_or_else(|| JsonApiError::bad_request("Invalid sort parameter"))
}
