//! The resource `users`, which is only ever included.

use serde_json::{Value, json};
use store::users::User;

use crate::timestamp::format_seconds;

pub(super) fn resource(user: &User) -> Value {
    json!({
        "id": user.id.as_str(),
        "type": "users",
        "attributes": {
            "username": user.username,
            "full-name": user.username,
            "email": user.email,
            "created-at": format_seconds(user.created_at),
            "status": if user.disabled_at.is_some() { "Inactive" } else { "Active" },
        },
    })
}
