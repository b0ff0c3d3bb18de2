//! People who sign in, and the service users that act for organizations.

use std::fmt;

use diesel::{
    BoolExpressionMethods, EscapeExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, Queryable,
    RunQueryDsl, Selectable, SelectableHelper, TextExpressionMethods,
};
use domain::{Error, Id, kinds};

use crate::{
    Connection, Notice,
    dialect::{contains_pattern, now, on_each},
    error::{During, unless_taken},
    row::Parsed,
    schema::{login_codes, sessions, users},
    scopes::{Scope, lower},
};

/// A user as it stands.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct User {
    #[diesel(deserialize_as = Parsed<Id<kinds::User>>)]
    pub id: Id<kinds::User>,
    /// Unique in any case of letters.
    pub username: String,
    pub email: String,
    /// Acts for an organization and can never sign in.
    pub is_service: bool,
    pub created_at: i64,
    /// `None`: cannot sign in with a password.
    pub password_hash: Option<String>,
    /// Who it is at an OpenID Connect provider, together with `subject`.
    pub issuer: Option<String>,
    pub subject: Option<String>,
    /// Since when nothing of it is accepted.
    pub disabled_at: Option<i64>,
}

impl fmt::Debug for User {
    /// Without the hash of the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("id", &self.id).field("username", &self.username).finish_non_exhaustive()
    }
}

/// What a new user needs.
#[derive(Clone, Copy, Default)]
pub struct NewUser<'a> {
    pub username: &'a str,
    pub email: &'a str,
    pub password_hash: Option<&'a str>,
    pub issuer: Option<&'a str>,
    pub subject: Option<&'a str>,
}

/// Those of the given ids, in no particular order.
pub fn list_by_ids(connection: &mut Connection, ids: &[String]) -> Result<Vec<User>, Error> {
    users::table
        .filter(users::id.eq_any(ids))
        .select(User::as_select())
        .load(&mut connection.db)
        .during("reading users")
}

/// Saves a person, who may do nothing yet. `AlreadyExists` if somebody is called so in any case of letters, or is the same
/// at the same provider.
pub fn insert(connection: &mut Connection, new: &NewUser<'_>) -> Result<User, Error> {
    let id = Id::<kinds::User>::random();
    let now = now(connection)?;
    let inserted = diesel::insert_into(users::table)
        .values((
            users::id.eq(id.as_str()),
            users::username.eq(new.username),
            users::email.eq(new.email),
            users::is_service.eq(false),
            users::created_at.eq(now),
            users::password_hash.eq(new.password_hash),
            users::issuer.eq(new.issuer),
            users::subject.eq(new.subject),
        ))
        .execute(&mut connection.db);
    unless_taken(inserted, "saving a user", || "Username".to_owned())?;
    load(connection, &id)
}

/// The id of the user with this name, made if there is none.
pub fn find_or_insert(connection: &mut Connection, username: &str) -> Result<Id<kinds::User>, Error> {
    match find_by_name(connection, username)? {
        Some(user) => Ok(user.id),
        None => insert(connection, &NewUser { username, ..NewUser::default() }).map(|user| user.id),
    }
}

/// The id of the user that acts for an organization, made with its first token.
pub(crate) fn find_or_insert_service(connection: &mut Connection, scope: &Scope) -> Result<Id<kinds::User>, Error> {
    let id = Id::<kinds::User>::random();
    let (_, random) = id.as_str().split_at_checked(id.as_str().len() - 6).unwrap_or_default();
    let username = format!("{SERVICE_PREFIX}{}-{random}", scope.name);
    let now = now(connection)?;
    on_each!(connection, c => diesel::insert_into(users::table)
        .values((
            users::id.eq(id.as_str()),
            users::username.eq(&username),
            users::email.eq(""),
            users::is_service.eq(true),
            users::created_at.eq(now),
            users::scope_id.eq(scope.id.as_str()),
        ))
        .on_conflict(users::scope_id)
        .do_nothing()
        .execute(c))
    .during("saving a service user")?;
    let found: String = users::table
        .filter(users::scope_id.eq(scope.id.as_str()))
        .select(users::id)
        .first(&mut connection.db)
        .during("looking up a service user")?;
    found.parse()
}

/// How the names of service users begin, as in TFE; no person may be called so.
pub const SERVICE_PREFIX: &str = "api-org-";

/// By id, whoever asks.
pub fn load(connection: &mut Connection, id: &Id<kinds::User>) -> Result<User, Error> {
    users::table
        .find(id.as_str())
        .select(User::as_select())
        .first(&mut connection.db)
        .optional()
        .during("reading a user")?
        .ok_or_else(|| Error::not_found("User"))
}

/// A person, by id.
pub fn load_person(connection: &mut Connection, id: &Id<kinds::User>) -> Result<User, Error> {
    let user = load(connection, id)?;
    if user.is_service { Err(Error::not_found("User")) } else { Ok(user) }
}

/// A person by name, in any case of letters; also one that is disabled.
pub fn find_by_name(connection: &mut Connection, username: &str) -> Result<Option<User>, Error> {
    users::table
        .filter(lower(users::username).eq(username.to_ascii_lowercase()))
        .filter(users::is_service.eq(false))
        .select(User::as_select())
        .first(&mut connection.db)
        .optional()
        .during("looking up a user")
}

/// A person by what an OpenID Connect provider calls them; also one that is disabled.
pub fn find_by_identity(connection: &mut Connection, issuer: &str, subject: &str) -> Result<Option<User>, Error> {
    users::table
        .filter(users::issuer.eq(issuer))
        .filter(users::subject.eq(subject))
        .select(User::as_select())
        .first(&mut connection.db)
        .optional()
        .during("looking up a user")
}

/// People by name; with the total number before paging. `search` is found in names and addresses, empty in all.
pub fn list(connection: &mut Connection, search: &str, page: (i64, i64)) -> Result<(Vec<User>, i64), Error> {
    let (offset, limit) = page;
    let people = || {
        let pattern = contains_pattern(search);
        let in_name = lower(users::username).like(pattern.clone()).escape('\\');
        let in_email = lower(users::email).like(pattern).escape('\\');
        users::table.filter(users::is_service.eq(false)).filter(in_name.or(in_email))
    };
    let total = people().count().get_result(&mut connection.db).during("counting users")?;
    let rows = people()
        .order(users::username)
        .offset(offset)
        .limit(limit)
        .select(User::as_select())
        .load(&mut connection.db)
        .during("listing users")?;
    Ok((rows, total))
}

/// Shuts a user out, with all tokens and sessions, or lets them in again: then the tokens work again, and the sessions are
/// gone.
pub fn set_disabled(connection: &mut Connection, id: &Id<kinds::User>, disabled: bool) -> Result<(), Error> {
    let since = if disabled { Some(now(connection)?) } else { None };
    diesel::update(users::table.find(id.as_str()))
        .set(users::disabled_at.eq(since))
        .execute(&mut connection.db)
        .during("disabling a user")?;
    if disabled {
        diesel::delete(sessions::table.filter(sessions::user_id.eq(id.as_str())))
            .execute(&mut connection.db)
            .during("ending the sessions of a user")?;
        diesel::delete(login_codes::table.filter(login_codes::user_id.eq(id.as_str())))
            .execute(&mut connection.db)
            .during("forgetting the codes of a user")?;
    }
    connection.notify(Notice::TokensChanged);
    Ok(())
}

/// Deletes a user with all tokens and memberships.
pub fn delete(connection: &mut Connection, id: &Id<kinds::User>) -> Result<(), Error> {
    diesel::delete(users::table.find(id.as_str())).execute(&mut connection.db).during("deleting a user")?;
    connection.notify(Notice::TokensChanged);
    Ok(())
}
