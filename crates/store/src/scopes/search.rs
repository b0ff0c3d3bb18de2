//! Accounts, environments and module namespaces as the Scalr API filters them.

use diesel::{
    ExpressionMethods, QueryDsl, RunQueryDsl, SelectableHelper,
    dsl::sql,
    sql_types::{Bool, Text},
};
use domain::Error;

use crate::{Connection, dialect::position_of, error::During, schema::scopes};

use super::{Scope, lower};

/// Which scopes; every part narrows.
#[derive(Debug, Clone, Default)]
pub struct ScopeSearch {
    pub kind: &'static str,
    /// Only these; `None`: any.
    pub visible: Option<Vec<String>>,
    /// Only what belongs to one of these; `None`: to any.
    pub visible_parents: Option<Vec<String>>,
    /// Only what belongs to this one.
    pub parent: Option<String>,
    /// Of those only these; `None`: any.
    pub ids: Option<Vec<String>>,
    /// In any case of letters.
    pub names: Vec<String>,
    /// Anywhere in the name.
    pub text: Option<String>,
}

/// Those that fit, by name, with the total number before paging. `page` is an offset and a limit.
pub fn search(session: &mut Connection, search: &ScopeSearch, page: (i64, i64)) -> Result<(Vec<Scope>, i64), Error> {
    let position_of = position_of(session);
    let query = || {
        let mut query = scopes::table.filter(scopes::kind.eq(search.kind)).into_boxed();
        if let Some(visible) = &search.visible {
            query = query.filter(scopes::id.eq_any(visible));
        }
        if let Some(parents) = &search.visible_parents {
            query = query.filter(scopes::parent_id.eq_any(parents.iter().map(Some)));
        }
        if let Some(parent) = &search.parent {
            query = query.filter(scopes::parent_id.eq(parent));
        }
        if let Some(ids) = &search.ids {
            query = query.filter(scopes::id.eq_any(ids));
        }
        if !search.names.is_empty() {
            let keys: Vec<String> = search.names.iter().map(|name| name.to_ascii_lowercase()).collect();
            query = query.filter(lower(scopes::name).eq_any(keys));
        }
        if let Some(text) = &search.text {
            let finds = sql::<Bool>(&format!("{position_of}(lower(scopes.name), "))
                .bind::<Text, _>(text.to_ascii_lowercase())
                .sql(") > 0");
            query = query.filter(finds);
        }
        query
    };
    let total = query().count().get_result(&mut session.db).during("counting organizations")?;
    let rows = query()
        .order((scopes::name, scopes::id))
        .offset(page.0)
        .limit(page.1)
        .select(Scope::as_select())
        .load(&mut session.db)
        .during("listing organizations")?;
    Ok((rows, total))
}
