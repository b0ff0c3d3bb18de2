//! Who changed, or tried to change, what.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, QueryDsl, Queryable, RunQueryDsl,
    Selectable, SelectableHelper,
};
use domain::{Error, Id, Principal, kinds};

use crate::{
    Connection,
    dialect::now,
    error::During,
    schema::{audit_entries, scopes},
};

/// One line: written in the transaction of the change where there is one. It belongs to the log of the scope that
/// [`Principal::audited_scope`] names.
pub fn insert(
    connection: &mut Connection,
    principal: &Principal,
    action: &str,
    object: &str,
    outcome: &str,
) -> Result<(), Error> {
    let who = Who {
        user: principal.user.as_str(),
        username: &principal.username,
        token: principal.token.as_str(),
        request: &principal.call.request_id,
        address: &principal.call.address,
    };
    save(connection, &who, principal.audited_scope(), (action, object, outcome))
}

/// One line about what the registry did, or noticed, by itself: nobody called, so there is neither user nor token.
pub fn insert_unattended(
    connection: &mut Connection,
    scope: &Id<kinds::Scope>,
    action: &str,
    object: &str,
) -> Result<(), Error> {
    save(connection, &Who::default(), Some(scope), (action, object, "ok"))
}

/// Who called, and how; empty texts if nobody did.
#[derive(Default)]
struct Who<'a> {
    user: &'a str,
    username: &'a str,
    token: &'a str,
    request: &'a str,
    address: &'a str,
}

fn save(
    connection: &mut Connection,
    who: &Who<'_>,
    scope: Option<&Id<kinds::Scope>>,
    (action, object, outcome): (&str, &str, &str),
) -> Result<(), Error> {
    let now = now(connection)?;
    diesel::insert_into(audit_entries::table)
        .values((
            audit_entries::id.eq(Id::<kinds::Audit>::random().to_string()),
            audit_entries::at.eq(now),
            audit_entries::user_id.eq(who.user),
            audit_entries::username.eq(who.username),
            audit_entries::token_id.eq(who.token),
            audit_entries::action.eq(action),
            audit_entries::object.eq(object),
            audit_entries::scope_id.eq(scope.map(Id::as_str)),
            audit_entries::outcome.eq(outcome),
            audit_entries::request_id.eq(who.request),
            audit_entries::address.eq(who.address),
        ))
        .execute(&mut connection.db)
        .map(drop)
        .during("writing the audit log")
}

/// A line as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
pub struct Entry {
    pub id: String,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    pub user_id: String,
    /// As it was then; empty in entries of releases that did not write it. All of user, token, request and address are
    /// empty for what the registry did by itself.
    pub username: String,
    pub token_id: String,
    pub action: String,
    pub object: String,
    /// The scope that the call was about, as far as the caller could see it.
    pub scope_id: Option<String>,
    /// `ok`, or the status with which it was refused.
    pub outcome: String,
    pub request_id: String,
    /// Of the client.
    pub address: String,
}

/// Which lines are asked for: all that are given must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// `None`: of every scope, and of none.
    pub scope: Option<Id<kinds::Scope>>,
    pub action: Option<String>,
    /// Name or id.
    pub user: Option<String>,
    /// From this millisecond on.
    pub since: Option<i64>,
    /// Before this millisecond.
    pub until: Option<i64>,
}

/// A line, and the present name of its scope.
pub type Named = (Entry, Option<String>);

/// Lines, newest first, with the present names of their scopes; and the total number before paging.
pub fn list(connection: &mut Connection, filter: &Filter, page: (i64, i64)) -> Result<(Vec<Named>, i64), Error> {
    let (offset, limit) = page;
    let query = || {
        let mut query = audit_entries::table
            .left_join(scopes::table.on(audit_entries::scope_id.eq(scopes::id.nullable())))
            .into_boxed();
        if let Some(scope) = &filter.scope {
            query = query.filter(audit_entries::scope_id.eq(scope.to_string()));
        }
        if let Some(action) = &filter.action {
            query = query.filter(audit_entries::action.eq(action.clone()));
        }
        if let Some(user) = &filter.user {
            let by_name = audit_entries::username.eq(user.clone());
            query = query.filter(by_name.or(audit_entries::user_id.eq(user.clone())));
        }
        if let Some(since) = filter.since {
            query = query.filter(audit_entries::at.ge(since));
        }
        if let Some(until) = filter.until {
            query = query.filter(audit_entries::at.lt(until));
        }
        query
    };
    let total = query().count().get_result(&mut connection.db).during("counting the audit log")?;
    let rows = query()
        .order((audit_entries::at.desc(), audit_entries::id))
        .offset(offset)
        .limit(limit)
        .select((Entry::as_select(), scopes::name.nullable()))
        .load(&mut connection.db)
        .during("reading the audit log")?;
    Ok((rows, total))
}

/// The last lines, newest first.
pub fn list_newest(connection: &mut Connection, limit: i64) -> Result<Vec<Entry>, Error> {
    let (rows, _) = list(connection, &Filter::default(), (0, limit))?;
    Ok(rows.into_iter().map(|(entry, _)| entry).collect())
}

/// So many lines at once, so that nobody waits long for the database.
const BATCH: i64 = 500;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Deletes some of the lines that are older than so many days; `true` if there may be more of them.
pub fn sweep(connection: &mut Connection, days: u32) -> Result<bool, Error> {
    let until = now(connection)? - i64::from(days) * DAY_MILLIS;
    let old: Vec<String> = audit_entries::table
        .filter(audit_entries::at.lt(until))
        .order(audit_entries::at)
        .limit(BATCH)
        .select(audit_entries::id)
        .load(&mut connection.db)
        .during("looking for old lines of the audit log")?;
    diesel::delete(audit_entries::table.filter(audit_entries::id.eq_any(&old)))
        .execute(&mut connection.db)
        .during("deleting old lines of the audit log")?;
    Ok(i64::try_from(old.len()).is_ok_and(|found| found == BATCH))
}
