//! The token that an installation is set up with.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use domain::{Error, Id, Rights, kinds};

use super::ADMINISTRATOR;
use crate::{
    Connection, Notice,
    dialect::{now, on_each},
    error::During,
    memberships,
    schema::tokens,
};

/// Makes sure that exactly this token of `user` carries `label`, with every right everywhere, and that `user` has them
/// too. Another token of that label is revoked: it was the administrator's until the setting changed.
pub fn set_administrator_token(
    connection: &mut Connection,
    user: &Id<kinds::User>,
    label: &str,
    hash: &str,
) -> Result<(), Error> {
    let now = now(connection)?;
    diesel::update(
        tokens::table
            .filter(tokens::kind.eq(ADMINISTRATOR))
            .filter(tokens::hash.ne(hash))
            .filter(tokens::revoked_at.is_null()),
    )
    .set(tokens::revoked_at.eq(now))
    .execute(&mut connection.db)
    .during("revoking a former administrator's token")?;
    let of_administrator = (
        tokens::user_id.eq(user.as_str()),
        tokens::rights.eq(Rights::Admin.as_str()),
        tokens::label.eq(label),
        tokens::kind.eq(ADMINISTRATOR),
        tokens::everywhere.eq(true),
    );
    let id = Id::<kinds::Token>::random();
    // A token that was the administrator's before may be it again.
    on_each!(connection, c => diesel::insert_into(tokens::table)
        .values((tokens::id.eq(id.as_str()), tokens::hash.eq(hash), tokens::created_at.eq(now), of_administrator))
        .on_conflict(tokens::hash)
        .do_update()
        .set((of_administrator, tokens::revoked_at.eq(None::<i64>), tokens::expires_at.eq(None::<i64>)))
        .execute(c))
    .during("saving the administrator's token")?;
    memberships::set(connection, user, None, Rights::Admin)?;
    connection.notify(Notice::TokensChanged);
    Ok(())
}
