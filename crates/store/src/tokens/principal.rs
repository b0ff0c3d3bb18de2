//! A token → who calls, and what they may do.

use std::{sync::Arc, time::Duration};

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension, QueryDsl,
    Queryable, RunQueryDsl,
};
use domain::{Call, Error, Grants, Id, Kinship, Principal, Rights, kinds};

use super::USER;
use crate::{
    Connection,
    dialect::now,
    error::During,
    memberships,
    schema::{scopes, token_scopes, tokens, users},
    scopes::{ENVIRONMENT, INSTALLATION},
};

/// A caller, and how long its token is good from now on; `None`: until it is revoked.
#[derive(Debug, Clone)]
pub struct Found {
    pub principal: Principal,
    pub rest: Option<Duration>,
}

#[derive(Queryable)]
struct Row {
    token: String,
    kind: String,
    rights: String,
    everywhere: bool,
    expires_at: Option<i64>,
    user: String,
    username: String,
    email: String,
    is_service: bool,
}

/// The caller that a token stands for, by the token's hash; `None` if it is unknown, revoked or expired, or its user is
/// disabled.
pub fn find_principal(connection: &mut Connection, hash: &str) -> Result<Option<Found>, Error> {
    let now = now(connection)?;
    let row: Option<Row> = tokens::table
        .inner_join(users::table.on(users::id.eq(tokens::user_id)))
        .filter(tokens::hash.eq(hash))
        .filter(tokens::revoked_at.is_null())
        .filter(users::disabled_at.is_null())
        .select((
            tokens::id,
            tokens::kind,
            tokens::rights,
            tokens::everywhere,
            tokens::expires_at,
            users::id,
            users::username,
            users::email,
            users::is_service,
        ))
        .first(&mut connection.db)
        .optional()
        .during("looking up a token")?;
    let Some(row) = row.filter(|row| row.expires_at.is_none_or(|at| at > now)) else { return Ok(None) };
    let user: Id<kinds::User> = row.user.parse()?;
    let rights = Rights::from_stored(&row.rights);
    let of_token = if row.everywhere {
        Grants::everywhere(rights)
    } else {
        Grants::within(reach(connection, &row.token)?, rights)
    };
    let of_user = if row.kind == USER { Some(memberships::grants_of(connection, &user)?) } else { None };
    let kin = list_kin(connection, of_token.named().chain(of_user.iter().flat_map(Grants::named)))?;
    let of_token = of_token.with_environments(&kin);
    let grants = match of_user {
        Some(of_user) => of_token.and(&of_user.with_environments(&kin)),
        None => of_token,
    };
    let grants = grants.with_lenders(&kin);
    let rest = row.expires_at.map(|at| Duration::from_millis(u64::try_from(at - now).unwrap_or_default()));
    let principal = Principal {
        user,
        username: row.username,
        email: row.email,
        is_service: row.is_service,
        token: row.token.parse()?,
        has_full_token: row.everywhere && rights == Rights::Admin,
        grants: Arc::new(grants),
        call: Call::default(),
    };
    Ok(Some(Found { principal, rest }))
}

/// What there is to know of scopes and those around them.
fn list_kin<'a>(
    connection: &mut Connection,
    named: impl Iterator<Item = &'a Id<kinds::Scope>>,
) -> Result<Vec<Kinship>, Error> {
    let named: Vec<&str> = named.map(Id::as_str).collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let is_near = scopes::id.eq_any(&named).or(scopes::parent_id.eq_any(&named)).and(scopes::kind.eq(ENVIRONMENT));
    let rows: Vec<(String, Option<String>)> = scopes::table
        .filter(scopes::kind.eq(INSTALLATION).or(is_near.assume_not_null()))
        .select((scopes::id, scopes::parent_id))
        .load(&mut connection.db)
        .during("reading what a token reaches")?;
    let to_kin = |(id, parent): (String, Option<String>)| {
        let scope: Id<kinds::Scope> = id.parse()?;
        Ok(match parent {
            Some(account) => Kinship::Within { scope, account: account.parse()? },
            None => Kinship::Installation(scope),
        })
    };
    rows.into_iter().map(to_kin).collect()
}

fn reach(connection: &mut Connection, token: &str) -> Result<Vec<Id<kinds::Scope>>, Error> {
    let scopes: Vec<String> = token_scopes::table
        .filter(token_scopes::token_id.eq(token))
        .select(token_scopes::scope_id)
        .load(&mut connection.db)
        .during("reading what a token reaches")?;
    scopes.iter().map(|scope| scope.parse()).collect()
}
