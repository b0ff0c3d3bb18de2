//! The resource `authentication-tokens`, as TFE has it; ours are `rights`, `organizations` and `kind`. The token itself is
//! only in the answer that makes it.

use std::collections::HashMap;

use domain::{Error, Id, kinds};
use seal::Secret;
use serde_json::{Value, json};
use store::{Connection, tokens::Token};

use super::json_object::set;
use crate::timestamp::format_millis;

/// A token, and what it reaches.
pub(super) struct TokenView {
    token: Token,
    /// Names of organizations; `None`: all, as far as its user goes.
    organizations: Option<Vec<String>>,
}

impl TokenView {
    /// A token by its id, whoever asks.
    pub(super) fn load(session: &mut Connection, id: &Id<kinds::Token>) -> Result<Self, Error> {
        let token = store::tokens::load(session, id)?;
        Self::of(session, vec![token])?.pop().ok_or_else(|| Error::not_found("Token"))
    }

    /// These tokens, in their order.
    pub(super) fn of(session: &mut Connection, tokens: Vec<Token>) -> Result<Vec<Self>, Error> {
        let ids: Vec<_> = tokens.iter().map(|token| &token.id).collect();
        let mut reach: HashMap<String, Vec<String>> = HashMap::new();
        for (id, name) in store::tokens::list_reach(session, &ids)? {
            reach.entry(id).or_default().push(name);
        }
        let with_reach = |token: Token| {
            let names = reach.remove(token.id.as_str()).unwrap_or_default();
            let organizations = (!token.everywhere).then_some(names);
            Self { token, organizations }
        };
        Ok(tokens.into_iter().map(with_reach).collect())
    }

    pub(super) fn document(&self) -> Value {
        json!({"data": self.resource(None)})
    }

    /// The only answer that ever holds the token itself.
    pub(super) fn document_with(&self, clear: &Secret) -> Value {
        json!({"data": self.resource(Some(clear))})
    }

    pub(super) fn resource(&self, clear: Option<&Secret>) -> Value {
        let token = &self.token;
        let mut resource = json!({
            "id": token.id.as_str(),
            "type": "authentication-tokens",
            "attributes": {
                "created-at": format_millis(token.created_at),
                "last-used-at": token.last_used_at.map(format_millis),
                "description": token.description,
                "token": clear.map(Secret::reveal),
                "expired-at": token.expires_at.map(format_millis),
                "rights": token.rights,
                "organizations": self.organizations,
                "kind": token.kind,
            },
            "links": {"self": format!("/api/v2/authentication-tokens/{}", token.id)},
        });
        // Clients cannot read an empty relationship to one of several types.
        if let Some(maker) = &token.created_by {
            set(&mut resource, "relationships", json!({"created-by": {"data": {"id": maker, "type": "users"}}}));
        }
        resource
    }
}
