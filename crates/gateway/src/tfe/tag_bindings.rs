//! The relationship `tag-bindings` of a request, and the resource of an answer (wire-spec 6.4.3, 6.5).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use service_kit::JsonApiError;
use store::tag_bindings::TagBinding;

use super::attributes::Attributes;

const MOST: usize = 50;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

/// Key and value of each; `None` if the request says nothing about them, and none if the list is empty.
pub(super) fn parse(relationships: &Attributes) -> Result<Option<Vec<(String, String)>>, JsonApiError> {
    let Some(relationship) = relationships.optional_object("tag-bindings")? else { return Ok(None) };
    let Some(items) = relationship.optional_objects("data")? else { return Ok(None) };
    if items.len() > MOST {
        return Err(relationship.refuse("data", "must not have more than 50 tags"));
    }
    let mut keys = BTreeSet::new();
    let mut tags = Vec::with_capacity(items.len());
    for item in items {
        let (attributes, key, value) = read(&item)?;
        if !keys.insert(key.clone()) {
            return Err(attributes.refuse("key", "must not be given twice"));
        }
        tags.push((key, value));
    }
    Ok(Some(tags))
}

/// Clients send them whole, without an id.
fn read(item: &Attributes) -> Result<(Attributes, String, String), JsonApiError> {
    let attributes = item.required_object("attributes")?;
    let key = attributes.required_string("key")?.to_owned();
    if key.chars().count() > LONGEST_KEY {
        return Err(attributes.refuse("key", "must not be longer than 128 characters"));
    }
    let value = attributes.optional_string("value")?.unwrap_or_default().to_owned();
    if value.chars().count() > LONGEST_VALUE {
        return Err(attributes.refuse("value", "must not be longer than 256 characters"));
    }
    Ok((attributes, key, value))
}

/// The document of a list of them.
pub(super) fn document(tags: &[TagBinding]) -> Value {
    let resource = |tag: &TagBinding| json!({"id": tag.id.as_str(), "type": "tag-bindings", "attributes": short(tag)});
    json!({"data": tags.iter().map(resource).collect::<Vec<_>>()})
}

/// As other resources show one.
pub(super) fn short(tag: &TagBinding) -> Value {
    json!({"key": tag.key, "value": tag.value})
}
