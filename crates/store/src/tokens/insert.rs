//! New tokens: of people, of organizations, and of services.

use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl};
use domain::{Error, Id, Rights, kinds};

use super::{ORGANIZATION, SERVICE, USER, find_of_organization, revoke};
use crate::{
    Connection, Notice,
    dialect::{now, on_each, on_postgres},
    error::{During, unless_taken},
    schema::{token_scopes, tokens, users as user_rows},
    scopes::Scope,
    users,
};

/// So many good tokens a user may have, and so many service tokens an organization. Two calls at the same moment may
/// together exceed it.
pub const MOST: i64 = 500;

/// What a new token needs.
#[derive(Debug, Clone, Copy)]
pub struct NewToken<'a> {
    pub description: &'a str,
    pub rights: Rights,
    /// `None`: every scope, also those to come.
    pub scopes: Option<&'a [Id<kinds::Scope>]>,
    /// Milliseconds since 1970 UTC; `None`: never.
    pub expires_at: Option<i64>,
    pub hash: &'a str,
}

/// Whose a token is.
struct Owner<'a> {
    user: &'a Id<kinds::User>,
    /// The organization that it belongs to.
    scope: Option<&'a Id<kinds::Scope>>,
    kind: &'a str,
    created_by: Option<&'a Id<kinds::User>>,
}

/// Makes a token of a person, which never allows more than their memberships do when it is used. `Conflict` if there are
/// [`MOST`] already.
pub fn insert_for_user(
    connection: &mut Connection,
    user: &Id<kinds::User>,
    new: &NewToken<'_>,
) -> Result<Id<kinds::Token>, Error> {
    insert_for_another(connection, user, user, new)
}

/// The same, made by somebody else.
pub fn insert_for_another(
    connection: &mut Connection,
    user: &Id<kinds::User>,
    created_by: &Id<kinds::User>,
    new: &NewToken<'_>,
) -> Result<Id<kinds::Token>, Error> {
    let owner = Owner { user, scope: None, kind: USER, created_by: Some(created_by) };
    check_room(connection, &owner)?;
    save(connection, &owner, new)
}

/// Makes one more service token of an organization, for its own things; `Conflict` if there are [`MOST`] already.
/// `new.scopes` is of no interest.
pub fn insert_for_organization(
    connection: &mut Connection,
    scope: &Scope,
    created_by: &Id<kinds::User>,
    new: &NewToken<'_>,
) -> Result<Id<kinds::Token>, Error> {
    let user = users::find_or_insert_service(connection, scope)?;
    let reach = [scope.id.clone()];
    let owner = Owner { user: &user, scope: Some(&scope.id), kind: SERVICE, created_by: Some(created_by) };
    check_room(connection, &owner)?;
    save(connection, &owner, &NewToken { scopes: Some(&reach), ..*new })
}

/// Makes the one token of an organization; the one before is revoked. `new.scopes` is of no interest.
pub fn replace_of_organization(
    connection: &mut Connection,
    scope: &Scope,
    created_by: &Id<kinds::User>,
    new: &NewToken<'_>,
) -> Result<Id<kinds::Token>, Error> {
    let user = users::find_or_insert_service(connection, scope)?;
    // Two at once would both find the same one to replace.
    on_postgres!(connection, c => user_rows::table
        .find(user.as_str())
        .select(user_rows::id)
        .for_update()
        .load::<String>(c)
        .map(drop), ())
    .during("locking the user of an organization")?;
    if let Some(before) = find_of_organization(connection, &scope.id)? {
        revoke(connection, &before.id)?;
    }
    let reach = [scope.id.clone()];
    let owner = Owner { user: &user, scope: Some(&scope.id), kind: ORGANIZATION, created_by: Some(created_by) };
    save(connection, &owner, &NewToken { scopes: Some(&reach), ..*new })
}

/// Makes a service token of `user` for one scope (or all), which memberships do not limit.
pub fn insert(
    connection: &mut Connection,
    user: &Id<kinds::User>,
    scope: Option<&Id<kinds::Scope>>,
    rights: Rights,
    hash: &str,
) -> Result<Id<kinds::Token>, Error> {
    let scopes = scope.map(std::slice::from_ref);
    let new = NewToken { description: "", rights, scopes, expires_at: None, hash };
    save(connection, &Owner { user, scope, kind: SERVICE, created_by: None }, &new)
}

fn check_room(connection: &mut Connection, owner: &Owner<'_>) -> Result<(), Error> {
    let now = now(connection)?;
    let good: i64 = tokens::table
        .filter(tokens::user_id.eq(owner.user.as_str()).and(tokens::kind.eq(owner.kind)))
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::expires_at.is_null().or(tokens::expires_at.gt(now)))
        .count()
        .get_result(&mut connection.db)
        .during("counting tokens")?;
    if good >= MOST {
        return Err(Error::Conflict { what: format!("There are {good} tokens already: revoke some of them first") });
    }
    Ok(())
}

fn save(connection: &mut Connection, owner: &Owner<'_>, new: &NewToken<'_>) -> Result<Id<kinds::Token>, Error> {
    let id = Id::<kinds::Token>::random();
    let now = now(connection)?;
    let inserted = diesel::insert_into(tokens::table)
        .values((
            tokens::id.eq(id.as_str()),
            tokens::user_id.eq(owner.user.as_str()),
            tokens::scope_id.eq(owner.scope.map(Id::as_str)),
            tokens::kind.eq(owner.kind),
            tokens::rights.eq(new.rights.as_str()),
            tokens::everywhere.eq(new.scopes.is_none()),
            tokens::hash.eq(new.hash),
            tokens::label.eq(new.description),
            tokens::created_by.eq(owner.created_by.map(Id::as_str)),
            tokens::created_at.eq(now),
            tokens::expires_at.eq(new.expires_at),
        ))
        .execute(&mut connection.db);
    unless_taken(inserted, "saving a token", || "Token".to_owned())?;
    let reach: Vec<_> = new
        .scopes
        .unwrap_or_default()
        .iter()
        .map(|scope| (token_scopes::token_id.eq(id.as_str()), token_scopes::scope_id.eq(scope.as_str())))
        .collect();
    on_each!(connection, c => diesel::insert_into(token_scopes::table).values(&reach).on_conflict_do_nothing().execute(c))
        .during("saving what a token reaches")?;
    connection.notify(Notice::TokensChanged);
    Ok(id)
}
