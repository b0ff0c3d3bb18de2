//! The resources `oauth-clients` and `oauth-tokens` (wire-spec 8): two faces of one connection. No secret is ever here.

use serde_json::{Value, json};
use store::{connections::Connection, scopes::Scope};
use vcs_hosts::{BaseUrl, HostKind};

use super::{connection_secret::Names, json_object::set, query::Query};
use crate::timestamp::format_millis;

/// What this API calls the parts of a connection's credentials.
pub(super) const NAMES: Names = Names { key: "key", token: "oauth-token-string", private_key: Some("private-key") };

/// Values of `include` for connections.
pub(super) const INCLUDES: [&str; 2] = ["oauth_tokens", "projects"];

/// The document of one connection, with what the query wants along.
pub(super) fn document(connection: &Connection, scope: &Scope, public_url: &str, query: &Query) -> Value {
    let mut document = json!({"data": resource(connection, scope, public_url)});
    add_included(&mut document, std::slice::from_ref(connection), query);
    document
}

/// Fills `included` if the query asks for anything.
pub(super) fn add_included(document: &mut Value, connections: &[Connection], query: &Query) {
    if query.wants("oauth_tokens") {
        set(document, "included", connections.iter().filter_map(token_resource).collect::<Value>());
    } else if query.wants("projects") {
        set(document, "included", json!([]));
    }
}

pub(super) fn resource(connection: &Connection, scope: &Scope, public_url: &str) -> Value {
    let id = connection.id.as_str();
    // A kind that only a newer release knows keeps its stored name.
    let kind = connection.kind.as_str();
    let display_name: &str = kind.parse::<HostKind>().map_or(kind, |known| known.display_name());
    // Exactly one, because clients look at the first alone, or none while it is deleted.
    let tokens: Vec<Value> =
        connection.token_id().iter().map(|id| json!({"id": id.as_str(), "type": "oauth-tokens"})).collect();
    json!({
        "id": id,
        "type": "oauth-clients",
        "attributes": {
            "name": connection.name,
            "created-at": format_millis(connection.created_at),
            "callback-url": format!("{public_url}/auth/{id}/callback"),
            "connect-path": null,
            "service-provider": kind,
            "service-provider-display-name": display_name,
            "http-url": connection.http_url,
            "api-url": connection.api_url,
            "key": connection.client_key,
            "rsa-public-key": connection.rsa_public_key,
            "organization-scoped": connection.organization_scoped,
        },
        "relationships": {
            "organization": {"data": {"id": scope.name.as_str(), "type": "organizations"}},
            "projects": {"data": []},
            "oauth-tokens": {"data": tokens},
            "agent-pool": {"data": null},
        },
        "links": {"self": format!("/api/v2/oauth-clients/{id}")},
    })
}

/// Over SSH its one secret is a key.
fn has_ssh_key(connection: &Connection) -> bool {
    connection.secret_sealed.is_some() && connection.http_url.parse::<BaseUrl>().is_ok_and(|base| base.is_ssh())
}

/// The token of a connection, as a resource of its own; `None` while it is deleted.
pub(super) fn token_resource(connection: &Connection) -> Option<Value> {
    Some(json!({
        "id": connection.token_id()?.as_str(),
        "type": "oauth-tokens",
        "attributes": {
            "uid": "",
            "created-at": format_millis(connection.created_at),
            "has-ssh-key": has_ssh_key(connection),
            "service-provider-user": connection.client_key.as_deref().unwrap_or_default(),
        },
        "relationships": {"oauth-client": {"data": {"id": connection.id.as_str(), "type": "oauth-clients"}}},
    }))
}
