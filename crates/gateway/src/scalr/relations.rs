//! Relationships of a request.

use domain::Error;
use service_kit::JsonApiError;

use crate::json_api::attributes::Attributes;

/// More in one relationship are a mistake, and would be too much for a statement.
const MOST: usize = 1_000;

/// What a request says of a relationship to one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Related {
    /// Nothing.
    Unsaid,
    /// `null`: to none.
    Nothing,
    /// To the resource with this id.
    To(String),
}

impl Related {
    /// The id, if there is one.
    pub(super) fn id(self) -> Option<String> {
        match self {
            Self::To(id) => Some(id),
            Self::Unsaid | Self::Nothing => None,
        }
    }
}

/// The relationship `name` to one resource of the type `kind`.
pub(super) fn to_one(relationships: &Attributes, name: &str, kind: &str) -> Result<Related, JsonApiError> {
    let is_said = relationships.all().any(|(given, _)| given == name);
    let Some(relationship) = relationships.optional_object(name)? else {
        return Ok(if is_said { Related::Nothing } else { Related::Unsaid });
    };
    let Some(reference) = relationship.optional_object("data")? else { return Ok(Related::Nothing) };
    read(&reference, kind).map(Related::To)
}

/// The ids of the relationship `name` to resources of the type `kind`; `None` if nothing is said of it.
pub(super) fn to_many(relationships: &Attributes, name: &str, kind: &str) -> Result<Option<Vec<String>>, JsonApiError> {
    let Some(relationship) = relationships.optional_object(name)? else { return Ok(None) };
    let Some(references) = relationship.optional_objects("data")? else { return Ok(None) };
    if references.len() > MOST {
        return Err(refuse(name, &format!("must not name more than {MOST}")));
    }
    references.iter().map(|reference| read(reference, kind)).collect::<Result<_, _>>().map(Some)
}

fn read(reference: &Attributes, kind: &str) -> Result<String, JsonApiError> {
    if let Some(given) = reference.non_empty_string("type")?
        && given != kind
    {
        return Err(reference.refuse("type", &format!("must be {kind}")));
    }
    Ok(reference.required_string("id")?.to_owned())
}

/// 404 for a relationship to what is not there for the caller. Clients compare the words.
pub(super) fn missing(name: &str, what: &str, id: &str) -> JsonApiError {
    let detail = format!("{what} with ID '{id}' not found or user unauthorized.");
    JsonApiError::invalid_relationship(format!("/data/relationships/{name}"), detail)
}

/// 422 for a relationship that cannot be as it is.
pub(super) fn refuse(name: &str, reason: &str) -> JsonApiError {
    JsonApiError::at(format!("/data/relationships/{name}"), Error::invalid(name, reason))
}
