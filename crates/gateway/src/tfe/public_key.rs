//! The attribute `rsa-public-key` of connections.

use serde_json::Value;
use service_kit::JsonApiError;

use super::attributes::Attributes;

/// Longer than any key.
const LONGEST: usize = 8192;

/// Given back as it came, which may be in lines. No host that is offered has a use for it.
pub(super) fn public_key(attributes: &Attributes) -> Result<Option<Option<String>>, JsonApiError> {
    let name = "rsa-public-key";
    match attributes.given().find(|(given, _)| *given == name).map(|(_, value)| value) {
        None => Ok(None),
        Some(Value::String(key)) if key.len() > LONGEST || key.contains('\0') => {
            Err(attributes.refuse(name, "must be a public key of at most 8192 bytes"))
        }
        Some(Value::String(key)) => Ok(Some((!key.is_empty()).then(|| key.clone()))),
        Some(_) => Err(attributes.refuse(name, "must be a string")),
    }
}
