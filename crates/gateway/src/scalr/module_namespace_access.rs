//! Module namespaces by id, for those who may do something with them; and what requests say of them.

use domain::{Action, Error, Id, Principal, kinds};
use service_kit::JsonApiError;
use store::{
    Connection as Session,
    scopes::{self, MODULE_NAMESPACE, Scope},
};

use super::{
    access::{check, load_scope},
    account_view,
    accounts::{self, Looked},
    environment_view,
    relations::{self, Related, refuse},
};
use crate::json_api::attributes::Attributes;

/// A module namespace and its account, for a caller who may see it. Whoever owns the account owns the namespace.
pub(super) fn load(
    session: &mut Session,
    caller: &Principal,
    action: Action,
    id: &str,
) -> Result<(Scope, Scope), Error> {
    let namespace = load_scope::<kinds::ModuleNamespace>(session, caller, MODULE_NAMESPACE, id)?;
    let account: Id<kinds::Scope> = namespace.parent_id.as_deref().unwrap_or_default().parse()?;
    if action != Action::Read {
        check(caller, action, &account)?;
    }
    Ok((namespace, scopes::load(session, &account)?))
}

/// What is given about a module namespace.
pub(super) struct Wanted {
    pub(super) is_shared: Option<bool>,
    pub(super) account: Related,
    /// Ids of this API.
    environments: Option<Vec<String>>,
}

impl Wanted {
    pub(super) fn parse(attributes: &Attributes, relationships: &Attributes) -> Result<Self, JsonApiError> {
        let owners = relations::to_many(relationships, "owners", "teams")?;
        if owners.is_some_and(|owners| !owners.is_empty()) {
            return Err(refuse("owners", "must be empty: there are no teams here"));
        }
        Ok(Self {
            is_shared: attributes.optional_bool("is-shared")?,
            account: relations::to_one(relationships, "account", account_view::KIND)?,
            environments: relations::to_many(relationships, "environments", environment_view::KIND)?,
        })
    }

    /// The environments of `account` that it is to be given to, if any are given.
    pub(super) fn find_environments(
        &self,
        session: &mut Session,
        caller: &Principal,
        account: &Scope,
    ) -> Looked<Option<Vec<Id<kinds::Scope>>>> {
        let Some(ids) = &self.environments else { return Ok(Ok(None)) };
        let found = accounts::find_environments(session, caller, account, ids)?;
        Ok(found.map(|environments| Some(environments.into_iter().map(|scope| scope.id).collect())))
    }
}
