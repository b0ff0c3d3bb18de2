//! The resource `environments` (wire-spec 14.3).

use domain::kinds;
use serde_json::{Value, json};
use store::scopes::Scope;

use super::{account_view, document::link, document::to_one, scope_face};
use crate::timestamp::format_seconds;

pub(super) const KIND: &str = "environments";

pub(super) fn resource(scope: &Scope, public_url: &str) -> Value {
    let id = scope.id.face::<kinds::Environment>();
    let account = scope_face::account(scope);
    json!({
        "id": id.as_str(),
        "type": KIND,
        "attributes": {
            "name": scope.name.as_str(),
            "created-at": format_seconds(scope.created_at),
            "status": "Active",
        },
        "relationships": {
            // Clients read it without looking whether it is there; every environment has one.
            "account": to_one(account_view::KIND, account.as_ref().map(|id| id.as_str())),
            "created-by": to_one("users", scope.created_by.as_deref()),
        },
        "links": {"self": link(public_url, KIND, id.as_str())},
    })
}
