//! Accounts, environments, module namespaces and the installation: one table, one space of names.

mod change;
mod delete;
mod naming;
mod search;

pub use change::{Changes, load_for_update, rename, update};
pub use delete::{Deletion, delete};
pub(crate) use naming::{Naming, is_called};
pub use search::{ScopeSearch, search};

use diesel::{
    BoolExpressionMethods, EscapeExpressionMethods, ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl,
    Queryable, RunQueryDsl, Selectable, SelectableHelper, TextExpressionMethods,
    dsl::{exists, not},
};
use domain::{Error, Id, Namespace, Principal, kinds};

use crate::{
    Connection, Notice,
    dialect::{contains_pattern, now},
    error::{During, unless_taken},
    row::Parsed,
    schema::{scope_names, scopes},
};

diesel::define_sql_function! {
    /// Lower case of ASCII letters; others stay as they are, on both databases.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// The account that there is from the first start on.
pub const DEFAULT_ACCOUNT: &str = "default";

/// The kinds of scopes.
pub const INSTALLATION: &str = "installation";
pub const ACCOUNT: &str = "account";
pub const ENVIRONMENT: &str = "environment";
pub const MODULE_NAMESPACE: &str = "module_namespace";

/// A scope as it stands.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = scopes)]
pub struct Scope {
    #[diesel(deserialize_as = Parsed<Id<kinds::Scope>>)]
    pub id: Id<kinds::Scope>,
    pub kind: String,
    #[diesel(deserialize_as = Parsed<Namespace>)]
    pub name: Namespace,
    pub email: String,
    /// JSON object of attributes that clients sent and expect back.
    pub settings: String,
    pub created_at: i64,
    pub updated_at: i64,
    /// The account of an environment or module namespace.
    pub parent_id: Option<String>,
    /// The user who made it, who may be gone.
    pub created_by: Option<String>,
    /// A module namespace that all environments of its account may use.
    pub is_shared: bool,
}

impl Scope {
    /// Whether the TFE API knows it as an organization; module namespaces and the installation are none.
    pub fn is_organization(&self) -> bool {
        matches!(self.kind.as_str(), ACCOUNT | ENVIRONMENT)
    }
}

/// What a new scope needs.
#[derive(Debug)]
pub struct NewScope<'a> {
    pub kind: &'a str,
    pub name: &'a Namespace,
    pub email: &'a str,
    pub settings: &'a str,
    /// The account of an environment or module namespace.
    pub parent: Option<&'a Id<kinds::Scope>>,
    /// Who makes it.
    pub created_by: Option<&'a Id<kinds::User>>,
    /// Of a module namespace: whether all environments of its account may use it.
    pub is_shared: bool,
}

impl<'a> NewScope<'a> {
    /// An account of which nothing but the name is known.
    pub fn account(name: &'a Namespace) -> Self {
        Self { kind: ACCOUNT, name, email: "", settings: "{}", parent: None, created_by: None, is_shared: false }
    }
}

/// Makes a scope; `AlreadyExists` when another one is called so now. A name that only used to be another's is taken
/// over.
pub fn insert(connection: &mut Connection, new: &NewScope<'_>) -> Result<Scope, Error> {
    let id = Id::<kinds::Scope>::random();
    let key = new.name.as_str().to_ascii_lowercase();
    let now = now(connection)?;
    let taken: i64 = scopes::table
        // Addresses may name a scope by its id as well, so the id of one must never be the name of another.
        .filter(lower(scopes::name).eq(&key).or(lower(scopes::id).eq(Naming::meant_id(&key))))
        .count()
        .get_result(&mut connection.db)
        .during("looking up a name")?;
    if taken > 0 {
        return Err(Error::AlreadyExists { what: "Name".to_owned() });
    }
    free_name(connection, &key)?;
    let inserted = diesel::insert_into(scopes::table)
        .values((
            scopes::id.eq(id.as_str()),
            scopes::kind.eq(new.kind),
            scopes::name.eq(new.name.as_str()),
            scopes::email.eq(new.email),
            scopes::settings.eq(new.settings),
            scopes::parent_id.eq(new.parent.map(Id::as_str)),
            scopes::created_by.eq(new.created_by.map(Id::as_str)),
            scopes::is_shared.eq(new.is_shared),
            scopes::created_at.eq(now),
            scopes::updated_at.eq(now),
        ))
        .execute(&mut connection.db);
    unless_taken(inserted, "saving an organization", || "Name".to_owned())?;
    let named = diesel::insert_into(scope_names::table)
        .values((scope_names::name_key.eq(&key), scope_names::scope_id.eq(id.as_str())))
        .execute(&mut connection.db);
    unless_taken(named, "saving the name of an organization", || "Name".to_owned())?;
    connection.notify(Notice::ScopesChanged);
    load(connection, &id)
}

/// Has a name that only used to be somebody's resolve no more, so that it can be given to another one.
fn free_name(connection: &mut Connection, key: &str) -> Result<(), Error> {
    // On PostgreSQL somebody may have been given the name since: then it is not a former one.
    let is_present = scopes::table
        .filter(scopes::id.eq(scope_names::scope_id))
        .filter(lower(scopes::name).eq(scope_names::name_key))
        .select(scopes::id);
    diesel::delete(scope_names::table.filter(scope_names::name_key.eq(key)).filter(not(exists(is_present))))
        .execute(&mut connection.db)
        .map(drop)
        .during("taking over a former name")
}

/// By id.
pub fn load(connection: &mut Connection, id: &Id<kinds::Scope>) -> Result<Scope, Error> {
    scopes::table
        .find(id.as_str())
        .select(Scope::as_select())
        .first(&mut connection.db)
        .optional()
        .during("reading an organization")?
        .ok_or_else(|| Error::not_found("Organization"))
}

/// The installation itself, which is there from the first start on.
pub fn find_installation(connection: &mut Connection) -> Result<Option<Scope>, Error> {
    scopes::table
        .filter(scopes::kind.eq(INSTALLATION))
        .select(Scope::as_select())
        .first(&mut connection.db)
        .optional()
        .during("reading the scope of the installation")
}

/// Those of the given ids, in no particular order.
pub fn list_by_ids(connection: &mut Connection, ids: &[String]) -> Result<Vec<Scope>, Error> {
    scopes::table
        .filter(scopes::id.eq_any(ids))
        .select(Scope::as_select())
        .load(&mut connection.db)
        .during("reading organizations")
}

/// By present or former name, in any case of letters, or by id, also as the Scalr API has it.
pub fn find(connection: &mut Connection, name_or_id: &str) -> Result<Option<Scope>, Error> {
    scopes::table
        .left_join(scope_names::table.on(scope_names::scope_id.eq(scopes::id)))
        .filter(is_called!(name_or_id))
        .select(Scope::as_select())
        .first(&mut connection.db)
        .optional()
        .during("reading an organization")
}

/// Organizations by present or former name, in any case of letters: one for each of `names`, in their order.
pub fn find_organizations(connection: &mut Connection, names: &[String]) -> Result<Vec<Option<Scope>>, Error> {
    let keys: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    let found: Vec<(String, Scope)> = scopes::table
        .inner_join(scope_names::table.on(scope_names::scope_id.eq(scopes::id)))
        .filter(scope_names::name_key.eq_any(&keys))
        .select((scope_names::name_key, Scope::as_select()))
        .load(&mut connection.db)
        .during("reading organizations")?;
    let named = |key: &String| found.iter().find(|(known, _)| known == key).map(|(_, scope)| scope.clone());
    Ok(keys.iter().map(|key| named(key).filter(Scope::is_organization)).collect())
}

/// Parts of what is looked for; an empty part is found in everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Search<'a> {
    pub name: &'a str,
    pub email: &'a str,
    pub name_or_email: &'a str,
}

/// Those a caller may see, by name; with the total number before paging.
pub fn list_visible(
    connection: &mut Connection,
    principal: &Principal,
    search: &Search<'_>,
    page: (i64, i64),
) -> Result<(Vec<Scope>, i64), Error> {
    let (offset, limit) = page;
    let query = || {
        let mut query = scopes::table
            .filter(scopes::kind.eq_any([ACCOUNT, ENVIRONMENT]))
            .filter(lower(scopes::name).like(contains_pattern(search.name)).escape('\\'))
            .filter(lower(scopes::email).like(contains_pattern(search.email)).escape('\\'))
            .into_boxed();
        if !search.name_or_email.is_empty() {
            let pattern = contains_pattern(search.name_or_email);
            let in_name = lower(scopes::name).like(pattern.clone()).escape('\\');
            query = query.filter(in_name.or(lower(scopes::email).like(pattern).escape('\\')));
        }
        if let Some(visible) = principal.visible_scopes() {
            query = query.filter(scopes::id.eq_any(visible.into_iter().map(ToString::to_string).collect::<Vec<_>>()));
        }
        query
    };
    let total = query().count().get_result(&mut connection.db).during("counting organizations")?;
    let rows = query()
        .order(scopes::name)
        .offset(offset)
        .limit(limit)
        .select(Scope::as_select())
        .load(&mut connection.db)
        .during("listing organizations")?;
    Ok((rows, total))
}
