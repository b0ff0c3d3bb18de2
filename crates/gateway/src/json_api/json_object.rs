//! Members that are not in every answer.

use serde_json::Value;

/// Sets a member of an object; anything else stays as it is.
pub(crate) fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value.into());
    }
}

/// Sets all of `members`.
pub(crate) fn set_all(object: &mut Value, members: Value) {
    if let (Value::Object(object), Value::Object(members)) = (object, members) {
        object.extend(members);
    }
}
