//! Who changed, or tried to change, what.

use diesel::{ExpressionMethods, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper};
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

/// A line as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
pub struct Entry {
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    pub user_id: String,
    pub token_id: String,
    pub action: String,
    pub object: String,
    /// The scope of the token; `None` for one that reaches all.
    pub scope_id: Option<String>,
    /// `ok`, or the status with which it was refused.
    pub outcome: String,
}

/// The last lines, newest first.
pub fn list_newest(connection: &mut Connection, limit: i64) -> Result<Vec<Entry>, Error> {
    audit_entries::table
        .order((audit_entries::at.desc(), audit_entries::id))
        .limit(limit)
        .select(Entry::as_select())
        .load(&mut connection.db)
        .during("reading the audit log")
}
