//! A page of modules, and how it is found (wire-spec 4.1, 4.2).

use bytes::Bytes;
use domain::{Action, Error, Id, Namespace, Principal, kinds};
use serde::Serialize;
use store::{
    Connection,
    modules::{self, Filter},
    scopes,
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

/// Which scopes a list covers.
#[derive(Debug)]
pub(super) enum Reach {
    All,
    Some(Vec<Id<kinds::Scope>>),
}

impl Reach {
    /// All that the caller may see.
    pub(super) fn of(caller: &Principal) -> Self {
        caller.visible_scopes().map_or(Self::All, |scopes| Self::Some(scopes.into_iter().cloned().collect()))
    }

    /// One namespace, if there is such a one and the caller may see it.
    pub(super) fn find(
        session: &mut Connection,
        caller: &Principal,
        namespace: &Namespace,
    ) -> Result<Option<Self>, Error> {
        let scope = scopes::find(session, namespace.as_str())?;
        Ok(scope.filter(|scope| caller.may(Action::Read, &scope.id)).map(|scope| Self::Some(vec![scope.id])))
    }
}

/// The page that `query` asks for.
pub(super) fn read(session: &mut Connection, reach: Reach, query: &ListQuery) -> Result<Bytes, Error> {
    let scopes = match reach {
        Reach::All => Vec::new(),
        // No scopes would mean all of them.
        Reach::Some(scopes) if scopes.is_empty() => return write(query, 0, Vec::new()),
        Reach::Some(scopes) => scopes.iter().map(ToString::to_string).collect(),
    };
    if query.verified {
        return write(query, 0, Vec::new());
    }
    let filter = Filter { scopes, search: query.search.clone(), providers: query.providers.clone(), installable: true };
    let (found, total) = modules::list(session, &filter, (query.offset, query.limit))?;
    let items = list_item::list(session, &found)?;
    write(query, total, items)
}

pub(super) fn write(query: &ListQuery, total: i64, items: Vec<ListItem>) -> Result<Bytes, Error> {
    let listing = Listing { meta: Meta::new(query, total), modules: items };
    serde_json::to_vec(&listing).map(Bytes::from).map_err(|source| Error::internal("writing a list of modules", source))
}
