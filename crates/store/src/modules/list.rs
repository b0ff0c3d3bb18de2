//! Lists of modules, for the browse and management APIs.

use diesel::{
    BoolExpressionMethods, EscapeExpressionMethods, ExpressionMethods, JoinOnDsl, QueryDsl, RunQueryDsl,
    SelectableHelper, TextExpressionMethods,
};
use domain::Error;

use crate::{
    Connection,
    dialect::contains_pattern,
    error::During,
    schema::{modules, scopes},
    scopes::lower,
};

use super::Module;

/// Which modules; every part narrows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this scope: the caller's own, or the one asked for.
    pub scopes: Vec<String>,
    /// Anywhere in namespace, name, provider or description.
    pub search: Option<String>,
    pub providers: Vec<String>,
    /// Only modules that can be installed: with a latest version.
    pub installable: bool,
}

/// By namespace, name and provider; with the total number before paging.
pub fn list(session: &mut Connection, filter: &Filter, page: (i64, i64)) -> Result<(Vec<Module>, i64), Error> {
    let (offset, limit) = page;
    let query = || {
        let mut query = modules::table.inner_join(scopes::table.on(scopes::id.eq(modules::namespace_id))).into_boxed();
        if !filter.scopes.is_empty() {
            query = query.filter(modules::scope_id.eq_any(filter.scopes.clone()));
        }
        if !filter.providers.is_empty() {
            query = query.filter(modules::provider.eq_any(filter.providers.clone()));
        }
        if filter.installable {
            query = query.filter(modules::latest_version_id.is_not_null());
        }
        if let Some(search) = &filter.search {
            let pattern = contains_pattern(search);
            query = query.filter(
                lower(modules::name)
                    .like(pattern.clone())
                    .escape('\\')
                    .or(modules::provider.like(pattern.clone()).escape('\\'))
                    .or(lower(modules::description).like(pattern.clone()).escape('\\'))
                    .or(lower(scopes::name).like(pattern).escape('\\')),
            );
        }
        query
    };
    let total = query().count().get_result(&mut session.db).during("counting modules")?;
    let rows = query()
        .order((scopes::name, modules::name, modules::provider))
        .offset(offset)
        .limit(limit)
        .select(Module::as_select())
        .load(&mut session.db)
        .during("listing modules")?;
    Ok((rows, total))
}
