//! The resources `organizations` and `entitlement-sets` (wire-spec 9.1).

use domain::{Action, Error, Principal};
use serde_json::{Map, Value, json};
use service_kit::JsonApiError;
use store::scopes::Scope;

use super::{attributes::Attributes, json_object::set_all};
use crate::timestamp::format_millis;

/// What we say ourselves, whatever a client sends.
const OURS: [&str; 8] = [
    "name",
    "email",
    "external-id",
    "created-at",
    "permissions",
    "saml-enabled",
    "two-factor-conformant",
    "plan-expired",
];

/// Larger settings are nobody's, and every list would carry them.
const LARGEST_SETTINGS: usize = 16 * 1024;

/// The flags that clients may set, as they are until then.
fn defaults() -> Value {
    json!({
        "collaborator-auth-policy": "password",
        "session-timeout": null,
        "session-remember": null,
        "owners-team-saml-role-id": "",
        "cost-estimation-enabled": false,
        "assessments-enforced": false,
        "allow-force-delete-workspaces": false,
        "send-passing-statuses-for-untriggered-speculative-plans": false,
        "aggregated-commit-status-enabled": true,
        "speculative-plan-management-enabled": false,
        "user-tokens-enabled": true,
        "stacks-enabled": false,
        "default-execution-mode": "remote",
    })
}

/// What of `attributes` is stored and given back as it came: flags of the right type, and whatever we do not know. `null`
/// means that it is to be as if it had never been set.
pub(super) fn settings_from(attributes: &Attributes) -> Result<Map<String, Value>, JsonApiError> {
    let defaults = defaults();
    let mut settings = Map::new();
    for (name, value) in attributes.all().filter(|(name, _)| !OURS.contains(&name.as_str())) {
        let expected = match defaults.get(name) {
            _ if value.is_null() => (true, ""),
            Some(Value::Bool(_)) => (value.is_boolean(), "must be true or false"),
            Some(Value::String(_)) => (value.is_string(), "must be a string"),
            Some(_) => (value.is_i64(), "must be a whole number"),
            None => (true, ""),
        };
        if let (false, reason) = expected {
            return Err(attributes.refuse(name, reason));
        }
        settings.insert(name.clone(), value.clone());
    }
    Ok(settings)
}

/// `stored` settings with `new` ones. `Invalid` if they are too large together.
pub(super) fn merge(stored: &str, new: Map<String, Value>) -> Result<String, Error> {
    let mut settings: Map<String, Value> = serde_json::from_str(stored).unwrap_or_default();
    settings.extend(new);
    settings.retain(|_, value| !value.is_null());
    let text = Value::Object(settings).to_string();
    if text.len() > LARGEST_SETTINGS {
        return Err(Error::invalid("attributes", "must not be larger than 16 KiB in all"));
    }
    Ok(text)
}

/// What is wrong with an organization, where it is wrong.
pub(super) fn point_at(attributes: &Attributes, error: Error) -> JsonApiError {
    match error {
        Error::AlreadyExists { .. } => attributes.at("name", error),
        // The only thing that is looked at all together.
        Error::Invalid { .. } => JsonApiError::at("/data/attributes", error),
        other => other.into(),
    }
}

/// The document of one organization.
pub(super) fn document(scope: &Scope, principal: &Principal) -> Value {
    json!({"data": resource(scope, principal)})
}

pub(super) fn resource(scope: &Scope, principal: &Principal) -> Value {
    let name = scope.name.as_str();
    json!({
        "id": name,
        "type": "organizations",
        "attributes": attributes(scope, principal),
        "relationships": {
            "default-project": {"data": {"id": project_id(scope), "type": "projects"}},
            "entitlement-set": {"data": {"id": scope.id.as_str(), "type": "entitlement-sets"}},
            "oauth-tokens": {"links": {"related": format!("/api/v2/organizations/{name}/oauth-tokens")}},
        },
        "links": {"self": format!("/api/v2/organizations/{name}")},
    })
}

fn attributes(scope: &Scope, principal: &Principal) -> Value {
    let may_publish = principal.may(Action::Publish, &scope.id);
    let owns = principal.may(Action::Own, &scope.id);
    let mut attributes = defaults();
    let stored: Map<String, Value> = serde_json::from_str(&scope.settings).unwrap_or_default();
    set_all(&mut attributes, Value::Object(stored));
    let ours = json!({
        "name": scope.name.as_str(),
        "external-id": scope.id.as_str(),
        "email": scope.email,
        "created-at": format_millis(scope.created_at),
        "saml-enabled": false,
        "two-factor-conformant": true,
        "plan-expired": false,
        "permissions": {
            "can-create-module": may_publish,
            "can-manage-modules": owns,
            "can-update": owns,
            "can-destroy": owns,
            "can-update-oauth": owns,
            "can-access-via-teams": true,
            "can-traverse": true,
        },
    });
    set_all(&mut attributes, ours);
    attributes
}

/// Projects are not offered, but clients expect a default one.
fn project_id(scope: &Scope) -> String {
    format!("prj-{}", scope.id.as_str().trim_start_matches("org-"))
}

/// The resource that says which parts of TFE there are.
pub(super) fn entitlement_set(scope: &Scope) -> Value {
    json!({
        "id": scope.id.as_str(),
        "type": "entitlement-sets",
        "attributes": {
            "private-module-registry": true,
            "vcs-integrations": true,
            "teams": true,
            "operations": false,
            "sso": false,
            "state-storage": false,
            "agents": false,
            "audit-logging": false,
            "cost-estimation": false,
            "configuration-designer": false,
            "sentinel": false,
            "user-limit": null,
        },
    })
}
