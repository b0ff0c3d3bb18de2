//! Codes of `terraform login`: made when somebody agrees, exchanged for a token once and soon (wire-spec 2.2).

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};
use domain::{Error, Id, kinds};

use crate::{Connection, dialect::now, error::During, schema::login_codes};

/// A client exchanges its code at once.
const LIFE_MS: i64 = 60_000;
/// So long a second use of a code is recognised as such.
const MEMORY_MS: i64 = 24 * 60 * 60 * 1000;

/// What somebody agreed to.
#[derive(Debug)]
pub struct NewCode<'a> {
    /// Keyed hash of the code.
    pub hash: &'a str,
    pub user: &'a Id<kinds::User>,
    pub client: &'a str,
    pub redirect_uri: &'a str,
    /// SHA-256 of the verifier, in base64url.
    pub challenge: &'a str,
}

/// What a code was made for: whoever brings it must show the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    pub user: Id<kinds::User>,
    pub client: String,
    pub redirect_uri: String,
    pub challenge: String,
}

/// What became of a code that somebody brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It was good until now.
    Fresh(Code),
    /// It was used before; with the token that came of it, if one did.
    Used(Option<Id<kinds::Token>>),
    /// There is none, or it was made too long ago.
    Missing,
}

/// Remembers a code, and forgets those of yesterday.
pub fn insert(connection: &mut Connection, new: &NewCode<'_>) -> Result<(), Error> {
    let now = now(connection)?;
    diesel::delete(login_codes::table.filter(login_codes::created_at.lt(now - MEMORY_MS)))
        .execute(&mut connection.db)
        .during("forgetting old codes of sign-ins")?;
    diesel::insert_into(login_codes::table)
        .values((
            login_codes::hash.eq(new.hash),
            login_codes::user_id.eq(new.user.as_str()),
            login_codes::client_id.eq(new.client),
            login_codes::redirect_uri.eq(new.redirect_uri),
            login_codes::challenge.eq(new.challenge),
            login_codes::created_at.eq(now),
        ))
        .execute(&mut connection.db)
        .map(drop)
        .during("saving the code of a sign-in")
}

/// Whether there is such a code, good or not.
pub fn is_known(connection: &mut Connection, hash: &str) -> Result<bool, Error> {
    let found: i64 = login_codes::table
        .find(hash)
        .count()
        .get_result(&mut connection.db)
        .during("looking up the code of a sign-in")?;
    Ok(found > 0)
}

/// Uses a code up, whether or not its bringer turns out to be the right one. Of several that bring it at the same time one
/// gets [`Taken::Fresh`].
pub fn take(connection: &mut Connection, hash: &str) -> Result<Taken, Error> {
    let during = "looking up the code of a sign-in";
    let now = now(connection)?;
    let taken = diesel::update(
        login_codes::table
            .find(hash)
            .filter(login_codes::used_at.is_null())
            .filter(login_codes::created_at.gt(now - LIFE_MS)),
    )
    .set(login_codes::used_at.eq(now))
    .execute(&mut connection.db)
    .during(during)?;
    type Row = (String, String, String, String, Option<i64>, Option<String>);
    let row: Option<Row> = login_codes::table
        .find(hash)
        .select((
            login_codes::user_id,
            login_codes::client_id,
            login_codes::redirect_uri,
            login_codes::challenge,
            login_codes::used_at,
            login_codes::token_id,
        ))
        .first(&mut connection.db)
        .optional()
        .during(during)?;
    Ok(match row {
        Some((user, client, redirect_uri, challenge, ..)) if taken == 1 => {
            Taken::Fresh(Code { user: user.parse()?, client, redirect_uri, challenge })
        }
        Some((.., Some(_), token)) => Taken::Used(token.map(|token| token.parse()).transpose()?),
        _ => Taken::Missing,
    })
}

/// Remembers which token came of a code, so that a second use can revoke it.
pub fn set_token(connection: &mut Connection, hash: &str, token: &Id<kinds::Token>) -> Result<(), Error> {
    diesel::update(login_codes::table.find(hash))
        .set(login_codes::token_id.eq(token.as_str()))
        .execute(&mut connection.db)
        .map(drop)
        .during("remembering the token of a sign-in")
}
