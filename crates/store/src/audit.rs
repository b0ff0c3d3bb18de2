//! Who changed, or tried to change, what.

use diesel::{ExpressionMethods, RunQueryDsl};
use domain::{Error, Id, Principal, kinds};

use crate::{Connection, dialect::now, error::During, schema::audit_entries};

/// One line: written in the transaction of the change where there is one.
pub fn insert(
    connection: &mut Connection,
    principal: &Principal,
    action: &str,
    object: &str,
    outcome: &str,
) -> Result<(), Error> {
    let now = now(connection)?;
    diesel::insert_into(audit_entries::table)
        .values((
            audit_entries::id.eq(Id::<kinds::Audit>::random().to_string()),
            audit_entries::at.eq(now),
            audit_entries::user_id.eq(principal.user.as_str()),
            audit_entries::token_id.eq(principal.token.as_str()),
            audit_entries::action.eq(action),
            audit_entries::object.eq(object),
            audit_entries::scope_id.eq(principal.scope.as_ref().map(Id::as_str)),
            audit_entries::outcome.eq(outcome),
        ))
        .execute(&mut connection.db)
        .map(drop)
        .during("writing the audit log")
}
