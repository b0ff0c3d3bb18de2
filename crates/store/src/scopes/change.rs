//! Changing and deleting organizations.

use diesel::{AsChangeset, BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl, dsl::exists};
use domain::{Error, Id, Namespace, kinds};

use crate::{
    Connection, Notice,
    dialect::{now, on_postgres},
    error::{During, unless_taken},
    schema::{scope_names, scopes},
};

use super::{Naming, Scope, free_name, load, lower};

/// New values of an organization; `None` leaves what there is.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = scopes)]
pub struct Changes<'a> {
    pub email: Option<&'a str>,
    pub settings: Option<&'a str>,
    /// Of a module namespace: whether all environments of its account may use it.
    pub is_shared: Option<bool>,
}

/// The organization, as nobody else can change it before this transaction ends.
pub fn load_for_update(session: &mut Connection, id: &Id<kinds::Scope>) -> Result<Scope, Error> {
    on_postgres!(session, c => scopes::table.find(id.as_str()).select(scopes::id).for_update().load::<String>(c).map(drop), ())
        .during("locking an organization")?;
    load(session, id)
}

/// Changes an organization.
pub fn update(session: &mut Connection, scope: &Scope, changes: &Changes<'_>) -> Result<Scope, Error> {
    let now = now(session)?;
    diesel::update(scopes::table.find(scope.id.as_str()))
        .set((changes, scopes::updated_at.eq(now)))
        .execute(&mut session.db)
        .during("changing an organization")?;
    session.notify(Notice::ScopesChanged);
    load(session, &scope.id)
}

/// Gives an organization another name, and its modules other addresses. The old name keeps resolving until somebody else
/// takes it. `AlreadyExists` when another one is called so now.
pub fn rename(session: &mut Connection, scope: &Scope, name: &Namespace) -> Result<Scope, Error> {
    let (id, key) = (scope.id.as_str(), name.as_str().to_ascii_lowercase());
    // Addresses may name a scope by its id as well, so the id of one must never be the name of another.
    let is_called = lower(scopes::name).eq(&key).or(lower(scopes::id).eq(Naming::meant_id(&key)));
    let taken: bool = diesel::select(exists(scopes::table.filter(is_called).filter(scopes::id.ne(id))))
        .get_result(&mut session.db)
        .during("looking up a name")?;
    if taken {
        return Err(Error::AlreadyExists { what: "Name".to_owned() });
    }
    free_name(session, &key)?;
    let now = now(session)?;
    let renamed = diesel::update(scopes::table.find(id))
        .set((scopes::name.eq(name.as_str()), scopes::updated_at.eq(now)))
        .execute(&mut session.db);
    unless_taken(renamed, "renaming an organization", || "Name".to_owned())?;
    let own: bool = diesel::select(exists(
        scope_names::table.filter(scope_names::name_key.eq(&key)).filter(scope_names::scope_id.eq(id)),
    ))
    .get_result(&mut session.db)
    .during("looking up a name")?;
    if !own {
        let named = diesel::insert_into(scope_names::table)
            .values((scope_names::name_key.eq(&key), scope_names::scope_id.eq(id)))
            .execute(&mut session.db);
        unless_taken(named, "saving the name of an organization", || "Name".to_owned())?;
    }
    session.notify(Notice::ScopesChanged);
    load(session, &scope.id)
}
