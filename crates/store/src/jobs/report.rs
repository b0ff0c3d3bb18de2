//! How an attempt ends: progress, done, handed back, failed, given up.

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use domain::Error;

use crate::{Connection, Notice, dialect::now, error::During, schema::jobs};

use super::{ClaimedJob, NewJob, dispatch::most_of_one_scope, enqueue, renew};

/// So many failed attempts without progress, and the job is given up.
pub const FAILED_ATTEMPTS: i32 = 5;
/// So many vanished attempts without progress: far more, since a killed process is hardly ever the job's fault.
pub const LOST_ATTEMPTS: i32 = 50;

/// What became of a job after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It will be tried again.
    Again,
    /// It is dead and stays for operators to see.
    GivenUp,
}

/// Something of the job is done for good: what failed before does not count any more.
pub fn progress(connection: &mut Connection, job: &ClaimedJob) -> Result<(), Error> {
    renew(connection, job)?;
    diesel::update(jobs::table.find(&job.id))
        .set((jobs::attempt.eq(0), jobs::lost.eq(0)))
        .execute(&mut connection.db)
        .map(drop)
        .during("noting the progress of a job")
}

/// Done. The row goes, or starts afresh if it was asked for again meanwhile.
pub fn finish(connection: &mut Connection, job: &ClaimedJob) -> Result<(), Error> {
    renew(connection, job)?;
    if most_of_one_scope(job.kind).is_some() {
        // Its place is free for another job of the scope.
        connection.notify(Notice::JobsDue);
    }
    let ours = || jobs::table.filter(jobs::id.eq(job.id.clone()));
    let gone =
        diesel::delete(ours().filter(jobs::again.eq(false))).execute(&mut connection.db).during("finishing a job")?;
    if gone > 0 {
        return Ok(());
    }
    // `run_after` is what the second request wanted.
    diesel::update(ours())
        .set((
            jobs::state.eq("queued"),
            jobs::attempt.eq(0),
            jobs::lost.eq(0),
            jobs::again.eq(false),
            jobs::dispatched_at.eq(None::<i64>),
            jobs::lease_until.eq(None::<i64>),
        ))
        .execute(&mut connection.db)
        .during("finishing a job")?;
    connection.notify(Notice::JobsDue);
    Ok(())
}

/// Due again after `pause` milliseconds, and not counted: the process stops, or others should have a turn.
pub fn hand_back(connection: &mut Connection, job: &ClaimedJob, pause: i64) -> Result<(), Error> {
    renew(connection, job)?;
    let now = now(connection)?;
    // From the row, because progress may have set it back since the claim.
    let lost: i32 = jobs::table
        .find(&job.id)
        .select(jobs::lost)
        .first(&mut connection.db)
        .during("reading the attempts of a job")?;
    diesel::update(jobs::table.find(&job.id))
        .set((
            jobs::state.eq("queued"),
            jobs::lost.eq((lost - 1).max(0)),
            jobs::run_after.eq(now + pause),
            jobs::dispatched_at.eq(None::<i64>),
            jobs::lease_until.eq(None::<i64>),
        ))
        .execute(&mut connection.db)
        .during("handing a job back")?;
    connection.notify(Notice::JobsDue);
    Ok(())
}

/// Counts a failed attempt: again after `pause` milliseconds if `transient` and there are attempts left, else dead.
///
/// The count is read from the row, because progress may have set it back since the claim. What was asked for while the
/// last attempt ran is not given up with it: that gets a job of its own.
pub fn fail(
    connection: &mut Connection,
    job: &ClaimedJob,
    message: &str,
    transient: bool,
    pause: impl FnOnce(i32) -> i64,
) -> Result<Failure, Error> {
    renew(connection, job)?;
    let now = now(connection)?;
    let (attempt, lost, again, args): (i32, i32, bool, i64) = jobs::table
        .find(&job.id)
        .select((jobs::attempt, jobs::lost, jobs::again, jobs::args))
        .first(&mut connection.db)
        .during("reading the attempts of a job")?;
    let attempt = attempt + 1;
    let outcome =
        if transient && attempt < FAILED_ATTEMPTS && lost <= LOST_ATTEMPTS { Failure::Again } else { Failure::GivenUp };
    let state = match outcome {
        Failure::Again => "queued",
        Failure::GivenUp => "dead",
    };
    diesel::update(jobs::table.find(&job.id))
        .set((
            jobs::state.eq(state),
            jobs::attempt.eq(attempt),
            jobs::lost.eq((lost - 1).max(0)),
            jobs::run_after.eq(now + pause(attempt)),
            jobs::dispatched_at.eq(None::<i64>),
            jobs::lease_until.eq(None::<i64>),
            jobs::last_error.eq(message),
        ))
        .execute(&mut connection.db)
        .during("noting the failure of a job")?;
    if again && outcome == Failure::GivenUp {
        enqueue(connection, NewJob::new(job.kind, &job.target, &job.scope).with_args(args))?;
    }
    connection.notify(Notice::JobsDue);
    Ok(outcome)
}

/// Dead jobs are kept for a while for operators to look at.
pub fn delete_dead_before(connection: &mut Connection, before: i64) -> Result<usize, Error> {
    diesel::delete(jobs::table.filter(jobs::state.eq("dead")).filter(jobs::run_after.lt(before)))
        .execute(&mut connection.db)
        .during("deleting old dead jobs")
}
