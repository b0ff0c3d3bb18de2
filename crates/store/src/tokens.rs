//! Users and the tokens they call with.

use diesel::{ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, RunQueryDsl};
use domain::{Error, Id, Principal, Rights, kinds};

use crate::{
    Connection, Notice,
    dialect::now,
    error::{During, unless_taken},
    schema::{tokens, users},
};

/// The caller that a token stands for, by the token's hash; `None` if unknown, revoked or expired.
pub fn find_principal(connection: &mut Connection, hash: &str) -> Result<Option<Principal>, Error> {
    type Row = (String, Option<String>, String, Option<i64>, Option<i64>, String, String, String);
    let now = now(connection)?;
    let row: Option<Row> = tokens::table
        .inner_join(users::table.on(users::id.eq(tokens::user_id)))
        .filter(tokens::hash.eq(hash))
        .select((
            tokens::id,
            tokens::scope_id,
            tokens::rights,
            tokens::expires_at,
            tokens::revoked_at,
            users::id,
            users::username,
            users::email,
        ))
        .first(&mut connection.db)
        .optional()
        .during("looking up a token")?;
    let Some((token, scope, rights, expires_at, revoked_at, user, username, email)) = row else {
        return Ok(None);
    };
    if revoked_at.is_some() || expires_at.is_some_and(|at| at <= now) {
        return Ok(None);
    }
    Ok(Some(Principal {
        user: user.parse()?,
        username,
        email,
        token: token.parse()?,
        rights: Rights::from_stored(&rights),
        scope: scope.map(|scope| scope.parse()).transpose()?,
    }))
}

/// The id of the user with this name, made if there is none.
pub fn find_or_insert_user(connection: &mut Connection, username: &str) -> Result<Id<kinds::User>, Error> {
    let known: Option<String> = users::table
        .filter(users::username.eq(username))
        .select(users::id)
        .first(&mut connection.db)
        .optional()
        .during("looking up a user")?;
    if let Some(id) = known {
        return id.parse();
    }
    let id = Id::random();
    let now = now(connection)?;
    let inserted = diesel::insert_into(users::table)
        .values((
            users::id.eq(id.as_str()),
            users::username.eq(username),
            users::email.eq(""),
            users::is_service.eq(false),
            users::created_at.eq(now),
        ))
        .execute(&mut connection.db);
    unless_taken(inserted, "saving a user", || format!("User {username}"))?;
    Ok(id)
}

/// Makes sure that exactly this token of `user` carries `label`, with every right everywhere. Another token of that
/// label is revoked: it was the administrator's until the setting changed.
pub fn set_administrator_token(
    connection: &mut Connection,
    user: &Id<kinds::User>,
    label: &str,
    hash: &str,
) -> Result<(), Error> {
    let now = now(connection)?;
    diesel::update(
        tokens::table
            .filter(tokens::label.eq(label))
            .filter(tokens::hash.ne(hash))
            .filter(tokens::revoked_at.is_null()),
    )
    .set(tokens::revoked_at.eq(now))
    .execute(&mut connection.db)
    .during("revoking a former administrator's token")?;
    let known: i64 = tokens::table
        .filter(tokens::hash.eq(hash))
        .count()
        .get_result(&mut connection.db)
        .during("looking up a token")?;
    if known == 0 {
        let inserted = diesel::insert_into(tokens::table)
            .values((
                tokens::id.eq(Id::<kinds::Token>::random().to_string()),
                tokens::user_id.eq(user.as_str()),
                tokens::rights.eq(Rights::Admin.as_str()),
                tokens::hash.eq(hash),
                tokens::label.eq(label),
                tokens::created_at.eq(now),
            ))
            .execute(&mut connection.db);
        unless_taken(inserted, "saving a token", || "Token".to_owned())?;
    }
    connection.notify(Notice::TokensChanged);
    Ok(())
}

/// Makes a token for one scope (or all) with the given rights.
pub fn insert(
    connection: &mut Connection,
    user: &Id<kinds::User>,
    scope: Option<&Id<kinds::Scope>>,
    rights: Rights,
    hash: &str,
) -> Result<Id<kinds::Token>, Error> {
    let id = Id::random();
    let now = now(connection)?;
    let inserted = diesel::insert_into(tokens::table)
        .values((
            tokens::id.eq(id.as_str()),
            tokens::user_id.eq(user.as_str()),
            tokens::scope_id.eq(scope.map(Id::as_str)),
            tokens::rights.eq(rights.as_str()),
            tokens::hash.eq(hash),
            tokens::label.eq(""),
            tokens::created_at.eq(now),
        ))
        .execute(&mut connection.db);
    unless_taken(inserted, "saving a token", || "Token".to_owned())?;
    connection.notify(Notice::TokensChanged);
    Ok(id)
}
