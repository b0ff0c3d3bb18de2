//! The tokens that callers show. What they may do is decided by [`find_principal`].

mod administrator;
mod insert;
mod principal;

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    Selectable, SelectableHelper,
};
use domain::{Error, Id, kinds};

use crate::{
    Connection, Notice,
    db::Backend,
    dialect::{now, on_postgres},
    error::During,
    row::Parsed,
    schema::{scopes, token_scopes, tokens},
};

pub use administrator::set_administrator_token;
pub use insert::{
    MOST, NewToken, insert, insert_for_another, insert_for_organization, insert_for_user, replace_of_organization,
};
pub use principal::{Found, find_principal};

/// Of the administrator, who is set up with the installation: not limited by anything.
pub const ADMINISTRATOR: &str = "administrator";
/// Of a person: never more than their memberships allow.
pub const USER: &str = "user";
/// The one token of an organization, by which TFE knows it.
pub const ORGANIZATION: &str = "organization";
/// One of the others of an organization.
pub const SERVICE: &str = "service";

/// A token as it stands. The token itself is not kept anywhere.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = tokens)]
pub struct Token {
    #[diesel(deserialize_as = Parsed<Id<kinds::Token>>)]
    pub id: Id<kinds::Token>,
    #[diesel(deserialize_as = Parsed<Id<kinds::User>>)]
    pub user_id: Id<kinds::User>,
    /// The organization that it belongs to; `None` for those of people.
    pub scope_id: Option<String>,
    pub kind: String,
    /// `read`, `publish` or `admin`.
    pub rights: String,
    /// Whether it reaches every scope, also those to come.
    pub everywhere: bool,
    #[diesel(column_name = label)]
    pub description: String,
    /// The user who made it, if that one is still there.
    pub created_by: Option<String>,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    /// To the minute.
    pub last_used_at: Option<i64>,
    pub revoked_at: Option<i64>,
}

/// By id, whoever asks; `NotFound` for what was revoked.
pub fn load(connection: &mut Connection, id: &Id<kinds::Token>) -> Result<Token, Error> {
    tokens::table
        .find(id.as_str())
        .filter(tokens::revoked_at.is_null())
        .select(Token::as_select())
        .first(&mut connection.db)
        .optional()
        .during("reading a token")?
        .ok_or_else(|| Error::not_found("Token"))
}

/// Those of a user that were not revoked, newest first, expired ones last; with the total number before paging.
pub fn list_of_user(
    connection: &mut Connection,
    user: &Id<kinds::User>,
    page: (i64, i64),
) -> Result<(Vec<Token>, i64), Error> {
    list(connection, || tokens::table.filter(tokens::user_id.eq(user.to_string())).into_boxed(), page)
}

/// The service tokens of an organization that were not revoked, newest first, expired ones last; with the total number
/// before paging.
pub fn list_of_organization(
    connection: &mut Connection,
    scope: &Id<kinds::Scope>,
    page: (i64, i64),
) -> Result<(Vec<Token>, i64), Error> {
    let of_scope = || tokens::table.filter(tokens::scope_id.eq(scope.to_string())).filter(tokens::kind.eq(SERVICE));
    list(connection, || of_scope().into_boxed(), page)
}

fn list(
    connection: &mut Connection,
    which: impl Fn() -> tokens::BoxedQuery<'static, Backend>,
    (offset, limit): (i64, i64),
) -> Result<(Vec<Token>, i64), Error> {
    let known = || which().filter(tokens::revoked_at.is_null());
    let total = known().count().get_result(&mut connection.db).during("counting tokens")?;
    let is_over = tokens::expires_at.is_not_null().and(tokens::expires_at.le(now(connection)?));
    let rows = known()
        .order((is_over, tokens::created_at.desc(), tokens::id))
        .offset(offset)
        .limit(limit)
        .select(Token::as_select())
        .load(&mut connection.db)
        .during("listing tokens")?;
    Ok((rows, total))
}

/// The one token of an organization.
pub fn find_of_organization(connection: &mut Connection, scope: &Id<kinds::Scope>) -> Result<Option<Token>, Error> {
    tokens::table
        .filter(tokens::scope_id.eq(scope.as_str()))
        .filter(tokens::kind.eq(ORGANIZATION))
        .filter(tokens::revoked_at.is_null())
        .select(Token::as_select())
        .first(&mut connection.db)
        .optional()
        .during("reading the token of an organization")
}

/// Whether the administrator's token is one of this user's.
pub fn is_administrator(connection: &mut Connection, user: &Id<kinds::User>) -> Result<bool, Error> {
    let found: i64 = tokens::table
        .filter(tokens::user_id.eq(user.as_str()))
        .filter(tokens::kind.eq(ADMINISTRATOR))
        .filter(tokens::revoked_at.is_null())
        .count()
        .get_result(&mut connection.db)
        .during("looking for the administrator's token")?;
    Ok(found > 0)
}

/// Token and name of the organization, for each that several tokens reach by name; by organization.
pub fn list_reach(connection: &mut Connection, of: &[&Id<kinds::Token>]) -> Result<Vec<(String, String)>, Error> {
    token_scopes::table
        .inner_join(scopes::table.on(scopes::id.eq(token_scopes::scope_id)))
        .filter(token_scopes::token_id.eq_any(of.iter().map(|id| id.to_string()).collect::<Vec<_>>()))
        .order(scopes::name)
        .select((token_scopes::token_id, scopes::name))
        .load(&mut connection.db)
        .during("listing what tokens reach")
}

/// From the commit on nobody is let in with it. Nothing happens to one that was revoked before.
pub fn revoke(connection: &mut Connection, id: &Id<kinds::Token>) -> Result<(), Error> {
    let now = now(connection)?;
    diesel::update(tokens::table.find(id.as_str()).filter(tokens::revoked_at.is_null()))
        .set(tokens::revoked_at.eq(now))
        .execute(&mut connection.db)
        .during("revoking a token")?;
    connection.notify(Notice::TokensChanged);
    Ok(())
}

/// Has a token end when another one ends, if it would live longer.
pub fn end_with(connection: &mut Connection, id: &Id<kinds::Token>, other: &Id<kinds::Token>) -> Result<(), Error> {
    let Some(end) = load(connection, other)?.expires_at else { return Ok(()) };
    let lives_longer = tokens::expires_at.is_null().or(tokens::expires_at.gt(end));
    diesel::update(tokens::table.find(id.as_str()).filter(lives_longer))
        .set(tokens::expires_at.eq(end))
        .execute(&mut connection.db)
        .map(drop)
        .during("limiting the life of a token")
}

/// A use that is noted is not noted again for so long.
pub const USE_MILLIS: i64 = 60_000;

/// Notes that these tokens were used just now, unless that was noted within the last minute.
pub fn note_uses(connection: &mut Connection, used: &[String]) -> Result<(), Error> {
    let now = now(connection)?;
    let is_due = tokens::last_used_at.is_null().or(tokens::last_used_at.le(now - USE_MILLIS));
    // Several gateways note the same tokens: whoever comes second has nothing to do, and must not wait crosswise.
    let free = on_postgres!(connection, c => tokens::table
        .filter(tokens::id.eq_any(used))
        .filter(is_due)
        .select(tokens::id)
        .for_update()
        .skip_locked()
        .load::<String>(c), used.to_vec())
    .during("noting the use of tokens")?;
    diesel::update(tokens::table.filter(tokens::id.eq_any(free)).filter(is_due))
        .set(tokens::last_used_at.eq(now))
        .execute(&mut connection.db)
        .map(drop)
        .during("noting the use of tokens")
}
