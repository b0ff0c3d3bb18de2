//! Lists of modules, for the browse and management APIs.
//!
//! Whatever page is asked for costs nearly the same: what comes before it is counted in an index, and only the rows of
//! the page itself are read. A search has to read them all, so it does that once.

use diesel::{
    ExpressionMethods, JoinOnDsl, QueryDsl, QueryableByName, RunQueryDsl, SelectableHelper, sql_query,
    sql_types::{BigInt, Text},
};
use domain::Error;

use crate::{
    Connection,
    db::Backend,
    dialect::position_of,
    error::During,
    schema::{modules, scopes},
};

use super::Module;

/// Longer pages are cut: ids and namespaces of a page are named in a statement, which takes so many.
const LONGEST_PAGE: i64 = 1_000;
/// A search that finds no more is over with that; pages of more are found soon, since matches are frequent.
const FEW: i64 = 1_000;

/// Which modules; every part narrows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this scope: the caller's own, or the one asked for.
    pub scopes: Vec<String>,
    /// Only in one of these namespaces.
    pub namespaces: Vec<String>,
    /// Anywhere in namespace, name, provider or description.
    pub search: Option<String>,
    pub providers: Vec<String>,
    /// Only modules that can be installed: with a latest version.
    pub installable: bool,
}

/// By namespace, name and provider; with the total number before paging. `page` is an offset and a limit, at most 1,000.
pub fn list(session: &mut Connection, filter: &Filter, page: (i64, i64)) -> Result<(Vec<Module>, i64), Error> {
    if filter.search.is_some()
        && let Some(found) = list_few(session, filter, page)?
    {
        return Ok(found);
    }
    let namespaces = count(session, filter)?;
    let total = namespaces.iter().map(|namespace| namespace.modules).sum();
    let Some(window) = Window::find(&namespaces, page) else { return Ok((Vec::new(), total)) };
    let ids = list_ids(session, filter, &window)?;
    Ok((load_in_order(session, &ids)?, total))
}

/// A namespace, and how many modules of the list are in it.
#[derive(Debug, QueryableByName)]
struct Counted {
    #[diesel(sql_type = Text)]
    namespace: String,
    #[diesel(sql_type = BigInt)]
    modules: i64,
}

/// Where a page is: in these namespaces, after so many modules of the first of them.
#[derive(Debug, PartialEq, Eq)]
struct Window {
    namespaces: Vec<String>,
    /// How many modules they have together.
    modules: i64,
    offset: i64,
    limit: i64,
}

impl Window {
    /// `None` if nothing is on the page.
    fn find(namespaces: &[Counted], (offset, limit): (i64, i64)) -> Option<Self> {
        let limit = limit.min(LONGEST_PAGE);
        let end = offset.saturating_add(limit);
        let (mut before, mut skipped, mut within) = (0, 0, 0);
        let mut found = Vec::new();
        for Counted { namespace, modules } in namespaces {
            let after = before + modules;
            if after > offset && before < end {
                found.push(namespace.clone());
                within += modules;
            } else if found.is_empty() {
                skipped = after;
            }
            before = after;
        }
        let is_empty = found.is_empty() || limit <= 0;
        (!is_empty).then_some(Self { namespaces: found, modules: within, offset: offset - skipped, limit })
    }

    /// The same counted from the end, if that is nearer.
    fn seen_from_end(&self) -> Option<(i64, i64)> {
        let limit = self.limit.min(self.modules - self.offset);
        let after = self.modules - self.offset - limit;
        (after < self.offset).then_some((after, limit))
    }
}

/// A module and its place in the list.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, QueryableByName)]
struct Placed {
    #[diesel(sql_type = Text)]
    namespace: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    provider: String,
    #[diesel(sql_type = Text)]
    id: String,
}

/// The same in one statement, unless there are too many.
fn list_few(
    session: &mut Connection,
    filter: &Filter,
    (offset, limit): (i64, i64),
) -> Result<Option<(Vec<Module>, i64)>, Error> {
    let Clause { sql, binds } = Clause::of(session, filter);
    let sql = format!(
        "SELECT scopes.name AS namespace, found.name, found.provider, found.id FROM (\
           SELECT namespace_id, name, provider, id FROM modules WHERE {sql} LIMIT {}) AS found \
         JOIN scopes ON scopes.id = found.namespace_id",
        FEW + 1
    );
    let mut found: Vec<Placed> = load(session, &sql, &binds, "searching modules")?;
    let size = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    if found.len() > size(FEW) {
        return Ok(None);
    }
    found.sort_unstable();
    let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let page = found.into_iter().skip(size(offset)).take(size(limit)).map(|placed| placed.id);
    let ids: Vec<String> = page.collect();
    Ok(Some((load_in_order(session, &ids)?, total)))
}

/// By name. First counted and then named, so that the counting needs an index and no more.
fn count(session: &mut Connection, filter: &Filter) -> Result<Vec<Counted>, Error> {
    let Clause { sql, binds } = Clause::of(session, filter);
    let counted = format!("SELECT namespace_id, COUNT(*) AS modules FROM modules WHERE {sql} GROUP BY namespace_id");
    let sql = format!(
        "SELECT counted.namespace_id AS namespace, counted.modules FROM ({counted}) AS counted \
         JOIN scopes ON scopes.id = counted.namespace_id ORDER BY scopes.name"
    );
    load(session, &sql, &binds, "counting modules")
}

#[derive(Debug, QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    id: String,
}

fn list_ids(session: &mut Connection, filter: &Filter, window: &Window) -> Result<Vec<String>, Error> {
    let mut clause = Clause::of(session, filter);
    let Window { namespaces, offset, limit, .. } = window;
    let from_end = window.seen_from_end();
    let direction = if from_end.is_some() { "DESC" } else { "ASC" };
    let (offset, limit) = from_end.unwrap_or((*offset, *limit));
    // In one namespace the order is that of the index, and nothing is sorted.
    clause.one_of("namespace_id", namespaces);
    let sql = if let [_] = namespaces.as_slice() {
        format!("SELECT id FROM modules WHERE {} ORDER BY name {direction}, provider {direction}", clause.sql)
    } else {
        format!(
            "SELECT found.id AS id FROM (SELECT id, namespace_id, name, provider FROM modules WHERE {}) AS found \
             JOIN scopes ON scopes.id = found.namespace_id \
             ORDER BY scopes.name {direction}, found.name {direction}, found.provider {direction}",
            clause.sql
        )
    };
    let sql = format!("{sql} LIMIT {limit} OFFSET {offset}");
    let found: Vec<Found> = load(session, &sql, &clause.binds, "listing modules")?;
    Ok(found.into_iter().map(|found| found.id).collect())
}

fn load_in_order(session: &mut Connection, ids: &[String]) -> Result<Vec<Module>, Error> {
    let mut rows: Vec<Module> = modules::table
        .inner_join(scopes::table.on(scopes::id.eq(modules::namespace_id)))
        .filter(modules::id.eq_any(ids))
        .select(Module::as_select())
        .load(&mut session.db)
        .during("listing modules")?;
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
    Ok(rows)
}

fn key(module: &Module) -> (&str, &str, &str) {
    (module.namespace.as_str(), module.name.as_str(), module.provider.as_str())
}

/// What follows WHERE, and the texts for its places, which stand in their order.
struct Clause {
    sql: String,
    binds: Vec<String>,
}

impl Clause {
    fn of(session: &Connection, filter: &Filter) -> Self {
        let mut clause = Self { sql: "TRUE".to_owned(), binds: Vec::new() };
        if !filter.scopes.is_empty() {
            clause.one_of("scope_id", &filter.scopes);
        }
        if !filter.namespaces.is_empty() {
            clause.one_of("namespace_id", &filter.namespaces);
        }
        if !filter.providers.is_empty() {
            clause.one_of("provider", &filter.providers);
        }
        if filter.installable {
            clause.sql.push_str(" AND latest_version_id IS NOT NULL");
        }
        if let Some(search) = &filter.search {
            // Like `lower()` of both databases it folds ASCII letters only.
            clause.search(position_of(session), &search.to_ascii_lowercase());
        }
        clause
    }

    fn one_of(&mut self, column: &str, values: &[String]) {
        let places: Vec<String> = values.iter().map(|value| self.place(value)).collect();
        match places.as_slice() {
            // So that both planners see that the order of an index is the order of the list.
            [place] => self.sql.push_str(&format!(" AND {column} = {place}")),
            places => self.sql.push_str(&format!(" AND {column} IN ({})", places.join(", "))),
        }
    }

    fn search(&mut self, position_of: &str, words: &str) {
        let has = |clause: &mut Self, text: &str| format!("{position_of}({text}, {}) > 0", clause.place(words));
        let (name, provider) = (has(self, "lower(name)"), has(self, "provider"));
        let (description, namespace) = (has(self, "lower(description)"), has(self, "lower(scopes.name)"));
        self.sql.push_str(&format!(
            " AND ({name} OR {provider} OR {description} \
               OR namespace_id IN (SELECT scopes.id FROM scopes WHERE {namespace}))"
        ));
    }

    fn place(&mut self, value: &str) -> String {
        self.binds.push(value.to_owned());
        format!("${}", self.binds.len())
    }
}

fn load<T: QueryableByName<Backend> + 'static>(
    session: &mut Connection,
    sql: &str,
    binds: &[String],
    during: &'static str,
) -> Result<Vec<T>, Error> {
    let mut query = sql_query(sql).into_boxed::<Backend>();
    for bind in binds {
        query = query.bind::<Text, _>(bind);
    }
    query.load(&mut session.db).during(during)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(page: (i64, i64)) -> Option<(String, i64)> {
        let namespaces =
            [("a", 3), ("b", 10_000), ("c", 1)].map(|(name, modules)| Counted { namespace: name.to_owned(), modules });
        Window::find(&namespaces, page).map(|window| (window.namespaces.concat(), window.offset))
    }

    #[test]
    fn a_page_is_looked_for_where_it_is() {
        for (page, expected) in [
            ((0, 3), Some(("a", 0))),
            ((2, 2), Some(("ab", 2))),
            ((3, 20), Some(("b", 0))),
            ((9_983, 20), Some(("b", 9_980))),
            ((9_993, 20), Some(("bc", 9_990))),
            ((10_003, 20), Some(("c", 0))),
            ((0, i64::MAX), Some(("ab", 0))),
            ((10_004, 20), None),
            ((i64::MAX, i64::MAX), None),
            ((0, 0), None),
        ] {
            assert_eq!(window(page), expected.map(|(names, offset)| (names.to_owned(), offset)), "{page:?}");
        }
    }
}
