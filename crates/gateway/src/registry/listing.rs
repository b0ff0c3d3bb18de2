//! A page of modules, and how it is found (wire-spec 4.1, 4.2).

use bytes::Bytes;
use domain::{Action, Error, Id, Namespace, Principal, kinds};
use serde::Serialize;
use store::{
    Connection,
    modules::{self, Filter},
    scopes::{self, MODULE_NAMESPACE, Scope},
};

use super::{
    list_item::{self, ListItem},
    list_query::ListQuery,
};

#[derive(Debug, Serialize)]
struct Listing {
    meta: Meta,
    modules: Vec<ListItem>,
}

#[derive(Debug, Serialize)]
struct Meta {
    limit: i64,
    current_offset: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_offset: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_url: Option<String>,
}

impl Meta {
    fn new(query: &ListQuery, total: i64) -> Self {
        let next = Some(query.offset.saturating_add(query.limit)).filter(|next| *next < total);
        let prev = Some(query.offset.saturating_sub(query.limit).max(0)).filter(|_| query.offset > 0);
        Self {
            limit: query.limit,
            current_offset: query.offset,
            next_offset: next,
            next_url: next.map(|offset| query.page_url(offset)),
            prev_offset: prev,
            prev_url: prev.map(|offset| query.page_url(offset)),
        }
    }
}

/// Which modules a list covers.
#[derive(Debug)]
pub(super) struct Reach {
    /// Of these scopes; `None`: of all.
    scopes: Option<Vec<Id<kinds::Scope>>>,
    /// In this namespace; `None`: in all.
    namespace: Option<Id<kinds::Scope>>,
}

impl Reach {
    /// All that the caller may see.
    pub(super) fn of(caller: &Principal) -> Self {
        let scopes = caller.module_scopes().map(|scopes| scopes.into_iter().cloned().collect());
        Self { scopes, namespace: None }
    }

    /// One namespace, if there is such a one and the caller may see it.
    pub(super) fn find(
        session: &mut Connection,
        caller: &Principal,
        namespace: &Namespace,
    ) -> Result<Option<Self>, Error> {
        let scope = scopes::find(session, namespace.as_str())?;
        // A module namespace is seen by whoever sees its account.
        let parent = |scope: &Scope| scope.parent_id.as_deref().and_then(|id| id.parse::<Id<kinds::Scope>>().ok());
        let seen = scope.filter(|scope| match scope.kind.as_str() {
            MODULE_NAMESPACE => parent(scope).is_some_and(|account| caller.may(Action::Install, &account)),
            _ => caller.may(Action::Install, &scope.id),
        });
        Ok(seen.map(|scope| Self { namespace: Some(scope.id), ..Self::of(caller) }))
    }
}

/// The page that `query` asks for.
pub(super) fn read(session: &mut Connection, reach: Reach, query: &ListQuery) -> Result<Bytes, Error> {
    let texts = |ids: &[Id<kinds::Scope>]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    let scopes = match &reach.scopes {
        None => Vec::new(),
        // No scopes would mean all of them.
        Some(scopes) if scopes.is_empty() => return write(query, 0, Vec::new()),
        Some(scopes) => texts(scopes),
    };
    if query.verified {
        return write(query, 0, Vec::new());
    }
    let filter = Filter {
        scopes,
        namespaces: reach.namespace.as_ref().map(|id| vec![id.to_string()]).unwrap_or_default(),
        search: query.search.clone(),
        providers: query.providers.clone(),
        installable: true,
    };
    let (found, total) = modules::list(session, &filter, (query.offset, query.limit))?;
    let items = list_item::list(session, &found)?;
    write(query, total, items)
}

pub(super) fn write(query: &ListQuery, total: i64, items: Vec<ListItem>) -> Result<Bytes, Error> {
    let listing = Listing { meta: Meta::new(query, total), modules: items };
    serde_json::to_vec(&listing).map(Bytes::from).map_err(|source| Error::internal("writing a list of modules", source))
}
