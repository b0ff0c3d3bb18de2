//! The resource `vcs-providers` (wire-spec 14.1): a connection by another face. No secret is ever here.

use std::collections::HashMap;

use domain::{Action, Error, Principal, kinds};
use serde_json::{Value, json};
use store::{
    Connection as Session, connection_shares,
    connections::Connection,
    scopes::{self, Scope},
};
use vcs_hosts::HostKind;

use super::{
    document::{link, to_many, to_one},
    scope_face, vcs_type,
};
use crate::json_api::json_object::set_all;

pub(super) const KIND: &str = "vcs-providers";

/// Flags that are only kept, as they are until somebody sets them.
pub(super) const FLAGS: [&str; 3] = ["draft-pr-runs-enabled", "comments-enabled", "pr-merge-comments-enabled"];

/// A connection, and what belongs to it for this API alone.
pub(super) struct VcsProviderView<'a> {
    pub(super) public_url: &'a str,
    pub(super) principal: &'a Principal,
    pub(super) connection: &'a Connection,
    pub(super) scope: &'a Scope,
    /// Environments that may use it.
    pub(super) shares: &'a [Scope],
    /// JSON object.
    pub(super) settings: Option<&'a str>,
}

/// By connection: environments that may use it.
pub(super) type Shares = HashMap<String, Vec<Scope>>;

/// By connection: its settings.
pub(super) type Settings = HashMap<String, String>;

/// What belongs to connections for this API alone.
pub(super) fn load_details(session: &mut Session, connections: &[String]) -> Result<(Shares, Settings), Error> {
    let pairs = connection_shares::list(session, connections)?;
    let ids: Vec<String> = pairs.iter().map(|(_, scope)| scope.clone()).collect();
    let found = scopes::list_by_ids(session, &ids)?;
    let mut shares = Shares::new();
    for (connection, id) in pairs {
        let scope = found.iter().find(|scope| scope.id.as_str() == id).cloned();
        shares.entry(connection).or_default().extend(scope);
    }
    Ok((shares, connection_shares::list_settings(session, connections)?))
}

impl VcsProviderView<'_> {
    pub(super) fn resource(&self) -> Value {
        let Self { connection, scope, .. } = self;
        let id = connection.id.face::<kinds::VcsProvider>();
        let account = scope_face::account(scope);
        // Of the others it is not told that they are there.
        let shares = self.shares.iter().filter(|scope| self.principal.may(Action::Install, &scope.id));
        let environments: Vec<_> = shares.filter_map(scope_face::environment).collect();
        json!({
            "id": id.as_str(),
            "type": KIND,
            "attributes": self.attributes(),
            "relationships": {
                "account": to_one("accounts", account.as_ref().map(|id| id.as_str())),
                "environments": to_many("environments", environments.iter().map(|id| id.as_str())),
                "agent-pool": {"data": null},
            },
            "links": {"self": link(self.public_url, KIND, id.as_str())},
        })
    }

    fn attributes(&self) -> Value {
        let connection = self.connection;
        let kind = connection.kind.as_str();
        let is_app = kind == HostKind::GithubApp.as_str();
        let mut attributes = json!({
            "name": connection.name,
            "url": connection.http_url,
            "vcs-type": vcs_type::of(kind, &connection.http_url),
            "auth-type": if is_app { "oauth2" } else { "personal_token" },
            "oauth": null,
            "token": null,
            "username": connection.client_key,
            "is-shared": connection.organization_scoped,
            "error-message": null,
        });
        set_all(&mut attributes, FLAGS.into_iter().map(|flag| (flag.to_owned(), Value::from(false))).collect());
        let kept = self.settings.and_then(|settings| serde_json::from_str(settings).ok());
        set_all(&mut attributes, kept.unwrap_or_default());
        attributes
    }
}
