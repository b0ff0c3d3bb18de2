//! What users may do, and where: the most that any of their tokens can allow.

use diesel::{ExpressionMethods, JoinOnDsl, NullableExpressionMethods, QueryDsl, RunQueryDsl};
use domain::{Error, Grants, Id, Rights, kinds};

use crate::{
    Connection, Notice,
    dialect::{now, on_postgres},
    error::{During, unless_taken},
    schema::{memberships, scopes, users},
};

/// A membership as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub user: Id<kinds::User>,
    /// Name of the organization; `None`: the whole installation.
    pub organization: Option<String>,
    pub rights: Rights,
}

/// Everything that a user may do.
pub fn grants_of(connection: &mut Connection, user: &Id<kinds::User>) -> Result<Grants, Error> {
    let rows: Vec<(Option<String>, String)> = memberships::table
        .filter(memberships::user_id.eq(user.as_str()))
        .select((memberships::scope_id, memberships::rights))
        .load(&mut connection.db)
        .during("reading memberships")?;
    let mut grants = Grants::default();
    for (scope, rights) in rows {
        grants.add(scope.map(|scope| scope.parse()).transpose()?, Rights::from_stored(&rights));
    }
    Ok(grants)
}

/// Gives a user rights in a scope, or, for `None`, in all of them; instead of those that it had there.
pub fn set(
    connection: &mut Connection,
    user: &Id<kinds::User>,
    scope: Option<&Id<kinds::Scope>>,
    rights: Rights,
) -> Result<Id<kinds::Membership>, Error> {
    // Two at once would both find nothing to remove.
    on_postgres!(connection, c => users::table
        .find(user.as_str())
        .for_update()
        .select(users::id)
        .load::<String>(c)
        .map(drop), ())
    .during("locking a user")?;
    remove(connection, user, scope)?;
    let id = Id::<kinds::Membership>::random();
    let now = now(connection)?;
    let inserted = diesel::insert_into(memberships::table)
        .values((
            memberships::id.eq(id.as_str()),
            memberships::user_id.eq(user.as_str()),
            memberships::scope_id.eq(scope.map(Id::as_str)),
            memberships::rights.eq(rights.as_str()),
            memberships::created_at.eq(now),
        ))
        .execute(&mut connection.db);
    unless_taken(inserted, "saving a membership", || "Membership".to_owned())?;
    Ok(id)
}

/// Takes a user's rights in a scope, or those of the whole installation; whether there were any.
pub fn remove(
    connection: &mut Connection,
    user: &Id<kinds::User>,
    scope: Option<&Id<kinds::Scope>>,
) -> Result<bool, Error> {
    let of_user = memberships::table.filter(memberships::user_id.eq(user.as_str()));
    let removed = match scope {
        Some(scope) => {
            diesel::delete(of_user.filter(memberships::scope_id.eq(scope.as_str()))).execute(&mut connection.db)
        }
        None => diesel::delete(of_user.filter(memberships::scope_id.is_null())).execute(&mut connection.db),
    }
    .during("removing a membership")?;
    connection.notify(Notice::TokensChanged);
    Ok(removed > 0)
}

/// The memberships of several users: that of the whole installation first, then by organization.
pub fn list_of(connection: &mut Connection, of: &[&Id<kinds::User>]) -> Result<Vec<Membership>, Error> {
    let rows: Vec<(String, Option<String>, String)> = memberships::table
        .left_join(scopes::table.on(memberships::scope_id.eq(scopes::id.nullable())))
        .filter(memberships::user_id.eq_any(of.iter().map(|id| id.to_string()).collect::<Vec<_>>()))
        .order((memberships::scope_id.is_not_null(), scopes::name))
        .select((memberships::user_id, scopes::name.nullable(), memberships::rights))
        .load(&mut connection.db)
        .during("listing memberships")?;
    rows.into_iter()
        .map(|(user, organization, rights)| {
            Ok(Membership { user: user.parse()?, organization, rights: Rights::from_stored(&rights) })
        })
        .collect()
}
