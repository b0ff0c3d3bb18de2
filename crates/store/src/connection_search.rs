//! Connections as the Scalr API filters and sorts them.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, QueryDsl, RunQueryDsl,
    SelectableHelper,
    dsl::{exists, sql},
    sql_types::{Bool, Text},
};
use domain::{Error, Id, kinds};

use crate::{
    Connection as Session,
    connections::Connection,
    dialect::position_of,
    error::During,
    schema::{connection_shares, connections, modules, repositories},
};

/// Which connections, in which order; every part narrows.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Only those that may be seen from somewhere; `None`: all.
    pub visible: Option<Reach>,
    /// Only those that may be used by whoever asks for this; `None`: all.
    pub within: Option<Reach>,
    pub ids: Vec<String>,
    pub names: Vec<String>,
    /// Only to these; `None`: to all.
    pub hosts: Option<Hosts>,
    /// Anywhere in the name.
    pub text: Option<String>,
    /// What comes first, and whether backwards; without any, the oldest.
    pub order: Vec<(SortKey, bool)>,
}

/// Connections of some scopes, open ones of others, and those that are given to some.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    pub of: Vec<String>,
    pub open_of: Vec<String>,
    pub given_to: Vec<String>,
}

/// Hosts of some kinds, and of those kinds where the address decides.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    pub kinds: Vec<String>,
    /// A kind, and the addresses of which it must have one.
    pub at: Option<(&'static str, Vec<String>)>,
    /// A kind, and the addresses of which it must have none.
    pub elsewhere: Option<(&'static str, Vec<String>)>,
}

/// What connections can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    CreatedAt,
    Name,
}

/// Those that fit, with the total number before paging. `page` is an offset and a limit.
pub fn search(session: &mut Session, search: &Search, page: (i64, i64)) -> Result<(Vec<Connection>, i64), Error> {
    let position_of = position_of(session);
    let no_kind = ("", Vec::new());
    let query = || {
        let mut query = connections::table.into_boxed();
        for Reach { of, open_of, given_to } in search.visible.iter().chain(&search.within) {
            let is_open = connections::organization_scoped.eq(true).and(connections::scope_id.eq_any(open_of));
            let is_given = connection_shares::table
                .filter(connection_shares::connection_id.eq(connections::id))
                .filter(connection_shares::scope_id.eq_any(given_to))
                .select(connection_shares::scope_id);
            query = query.filter(connections::scope_id.eq_any(of).or(is_open).or(exists(is_given)));
        }
        if !search.ids.is_empty() {
            query = query.filter(connections::id.eq_any(&search.ids));
        }
        if !search.names.is_empty() {
            query = query.filter(connections::name.eq_any(search.names.iter().map(Some)));
        }
        if let Some(Hosts { kinds, at, elsewhere }) = &search.hosts {
            let (at, elsewhere) = (at.as_ref().unwrap_or(&no_kind), elsewhere.as_ref().unwrap_or(&no_kind));
            let is_there = connections::kind.eq(at.0).and(connections::http_url.eq_any(&at.1));
            let is_elsewhere = connections::kind.eq(elsewhere.0).and(connections::http_url.ne_all(&elsewhere.1));
            query = query.filter(connections::kind.eq_any(kinds).or(is_there).or(is_elsewhere));
        }
        if let Some(text) = &search.text {
            let finds = sql::<Bool>(&format!("{position_of}(lower(COALESCE(connections.name, '')), "))
                .bind::<Text, _>(text.to_ascii_lowercase())
                .sql(") > 0");
            query = query.filter(finds);
        }
        query
    };
    let total = query().count().get_result(&mut session.db).during("counting connections")?;
    // The databases do not agree on where there is none.
    let name = || sql::<Text>("COALESCE(connections.name, '')");
    let mut ordered = query();
    for (key, backwards) in &search.order {
        ordered = match (key, backwards) {
            (SortKey::CreatedAt, false) => ordered.then_order_by(connections::created_at.asc()),
            (SortKey::CreatedAt, true) => ordered.then_order_by(connections::created_at.desc()),
            (SortKey::Name, false) => ordered.then_order_by(name().asc()),
            (SortKey::Name, true) => ordered.then_order_by(name().desc()),
        };
    }
    let rows = ordered
        .then_order_by((connections::created_at, connections::id))
        .offset(page.0)
        .limit(page.1)
        .select(Connection::as_select())
        .load(&mut session.db)
        .during("listing connections")?;
    Ok((rows, total))
}

/// Whether a module comes through it.
pub fn is_used(session: &mut Session, id: &Id<kinds::Connection>) -> Result<bool, Error> {
    let of_connection = modules::table
        .inner_join(repositories::table.on(modules::repository_id.eq(repositories::id.nullable())))
        .filter(repositories::connection_id.eq(id.as_str()))
        .select(modules::id);
    diesel::select(exists(of_connection)).get_result(&mut session.db).during("looking for the modules of a connection")
}
