//! Taking a job for a while, and proving on every step that it is still ours.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper};
use domain::{Error, JobKind};

use crate::{Connection, Notice, dialect::now, error::During, schema::jobs};

/// How long a claim holds without a renewal. Ten missed heartbeats of a live worker never happen; a dead one is noticed
/// soon.
const LEASE_MILLIS: i64 = 15_000;

/// A job that this process has the lease of.
#[derive(Debug, Clone)]
pub struct ClaimedJob {
    pub id: String,
    pub kind: JobKind,
    pub target: String,
    pub scope: String,
    pub args: i64,
    /// Attempts that failed and said so, since the last progress.
    pub attempt: i32,
    /// Attempts whose process vanished, this one included until it reports back.
    pub lost: i32,
    /// The fence: a write of an older epoch touches nothing.
    pub epoch: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = jobs)]
struct JobRow {
    kind: String,
    target: String,
    scope_id: String,
    args: i64,
    attempt: i32,
    lost: i32,
    epoch: i64,
}

/// Takes the job if it is due and nobody holds it. `None`: finished, deleted, not due, or taken; whichever it is, there
/// is nothing to do. What was asked for until now is covered by this attempt, so `again` starts anew.
pub fn claim(connection: &mut Connection, id: &str) -> Result<Option<ClaimedJob>, Error> {
    let now = now(connection)?;
    let taken = diesel::sql_query(
        "UPDATE jobs SET state = 'running', epoch = epoch + 1, lost = lost + 1, again = FALSE, lease_until = $1, \
           dispatched_at = NULL \
         WHERE id = $2 AND ((state = 'queued' AND run_after <= $3) OR (state = 'running' AND lease_until < $3))",
    )
    .bind::<diesel::sql_types::BigInt, _>(now + LEASE_MILLIS)
    .bind::<diesel::sql_types::Text, _>(id)
    .bind::<diesel::sql_types::BigInt, _>(now)
    .execute(&mut connection.db)
    .during("claiming a job")?;
    if taken == 0 {
        return Ok(None);
    }
    let row = jobs::table
        .find(id)
        .select(JobRow::as_select())
        .first(&mut connection.db)
        .optional()
        .during("claiming a job")?;
    row.map(|row| {
        Ok(ClaimedJob {
            id: id.to_owned(),
            kind: row.kind.parse()?,
            target: row.target,
            scope: row.scope_id,
            args: row.args,
            attempt: row.attempt,
            lost: row.lost,
            epoch: row.epoch,
        })
    })
    .transpose()
}

/// Renewal, fence and row lock in one. Every transaction of a job begins with it; `LeaseLost` means: change nothing.
pub fn renew(connection: &mut Connection, job: &ClaimedJob) -> Result<(), Error> {
    let until = now(connection)? + LEASE_MILLIS;
    let held = diesel::update(
        jobs::table.filter(jobs::id.eq(&job.id)).filter(jobs::epoch.eq(job.epoch)).filter(jobs::state.eq("running")),
    )
    .set(jobs::lease_until.eq(until))
    .execute(&mut connection.db)
    .during("renewing the lease of a job")?;
    if held == 0 { Err(Error::LeaseLost) } else { Ok(()) }
}

/// For the process that holds the data directory alone, when it starts: whatever was running cannot be any more.
pub fn free_all_leases(connection: &mut Connection) -> Result<usize, Error> {
    let now = now(connection)?;
    diesel::update(jobs::table.filter(jobs::state.eq("queued")))
        .set(jobs::dispatched_at.eq(None::<i64>))
        .execute(&mut connection.db)
        .during("freeing leases")?;
    let freed = diesel::update(jobs::table.filter(jobs::state.eq("running")))
        .set((
            jobs::state.eq("queued"),
            jobs::lease_until.eq(None::<i64>),
            jobs::dispatched_at.eq(None::<i64>),
            jobs::run_after.eq(now),
        ))
        .execute(&mut connection.db)
        .during("freeing leases")?;
    connection.notify(Notice::JobsDue);
    Ok(freed)
}
