//! The resource `accounts` (wire-spec 14.3).

use domain::kinds;
use serde_json::{Value, json};
use store::scopes::Scope;

use super::document::link;
use crate::timestamp::format_seconds;

pub(super) const KIND: &str = "accounts";

pub(super) fn resource(scope: &Scope, public_url: &str) -> Value {
    let id = scope.id.face::<kinds::Account>();
    let settings: Value = serde_json::from_str(&scope.settings).unwrap_or_default();
    json!({
        "id": id.as_str(),
        "type": KIND,
        "attributes": {
            "name": scope.name.as_str(),
            "created-at": format_seconds(scope.created_at),
            // Only kept: who may come from where is up to the network here.
            "allowed-ips": settings.get(ALLOWED_IPS).filter(|ips| ips.is_array()).unwrap_or(&json!([])),
        },
        "links": {"self": link(public_url, KIND, id.as_str())},
    })
}

/// Where the settings of a scope keep them.
pub(super) const ALLOWED_IPS: &str = "allowed-ips";
