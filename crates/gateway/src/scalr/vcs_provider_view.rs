//! The resource `vcs-providers` (wire-spec 14.1): a connection by another face. No secret is ever here.

use std::collections::{BTreeSet, HashMap};

use domain::{Action, Error, Principal, kinds};
use serde_json::{Value, json};
use store::{
    Connection as Session, connection_shares,
    connections::Connection,
    scopes::{self, Scope},
};

use super::{
    document::{link, to_many, to_one},
    scope_face, vcs_type,
};
use crate::json_api::json_object::set_all;

pub(super) const KIND: &str = "vcs-providers";

/// Flags that are only kept, as they are until somebody sets them.
pub(super) const FLAGS: [&str; 3] = ["draft-pr-runs-enabled", "comments-enabled", "pr-merge-comments-enabled"];

/// What belongs to connections for this API alone.
#[derive(Default)]
pub(super) struct Details {
    /// By connection: environments that may use it.
    shares: HashMap<String, Vec<Scope>>,
    /// By connection: a JSON object of attributes that are only kept.
    settings: HashMap<String, String>,
}

impl Details {
    pub(super) fn load(session: &mut Session, connections: &[String]) -> Result<Self, Error> {
        let pairs = connection_shares::list(session, connections)?;
        let ids: BTreeSet<&String> = pairs.iter().map(|(_, scope)| scope).collect();
        let ids: Vec<String> = ids.into_iter().cloned().collect();
        let found = scopes::list_by_ids(session, &ids)?;
        let mut shares = HashMap::<String, Vec<Scope>>::new();
        for (connection, id) in pairs {
            let scope = found.iter().find(|scope| scope.id.as_str() == id).cloned();
            shares.entry(connection).or_default().extend(scope);
        }
        Ok(Self { shares, settings: connection_shares::list_settings(session, connections)? })
    }

    /// The environments that may use a connection.
    pub(super) fn shares_of(&self, connection: &Connection) -> &[Scope] {
        self.shares.get(connection.id.as_str()).map(Vec::as_slice).unwrap_or_default()
    }

    /// A connection of `scope`, as `caller` may see it.
    pub(super) fn resource(
        &self,
        (caller, public_url): (&Principal, &str),
        connection: &Connection,
        scope: &Scope,
    ) -> Value {
        let id = connection.id.face::<kinds::VcsProvider>();
        let account = scope_face::account(scope);
        // Of the others it is not told that they are there.
        let shares = self.shares_of(connection).iter().filter(|scope| caller.may(Action::Install, &scope.id));
        let environments: Vec<_> = shares.filter_map(scope_face::environment).collect();
        json!({
            "id": id.as_str(),
            "type": KIND,
            "attributes": self.attributes(connection),
            "relationships": {
                "account": to_one("accounts", account.as_ref().map(|id| id.as_str())),
                "environments": to_many("environments", environments.iter().map(|id| id.as_str())),
                "agent-pool": {"data": null},
            },
            "links": {"self": link(public_url, KIND, id.as_str())},
        })
    }

    fn attributes(&self, connection: &Connection) -> Value {
        let kind = connection.kind.as_str();
        let mut attributes = json!({
            "name": connection.name,
            "url": connection.http_url,
            "vcs-type": vcs_type::of(kind, &connection.http_url),
            "auth-type": vcs_type::auth_type_of(kind),
            "oauth": null,
            "token": null,
            "username": connection.client_key,
            "is-shared": connection.organization_scoped,
            "error-message": null,
        });
        set_all(&mut attributes, FLAGS.into_iter().map(|flag| (flag.to_owned(), Value::from(false))).collect());
        let kept = self.settings.get(connection.id.as_str()).and_then(|settings| serde_json::from_str(settings).ok());
        set_all(&mut attributes, kept.unwrap_or_default());
        attributes
    }
}
