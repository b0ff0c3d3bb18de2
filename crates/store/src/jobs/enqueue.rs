//! Putting a job beside the change it belongs to, in the same transaction.

use diesel::{
    ExpressionMethods, QueryDsl, RunQueryDsl,
    result::{DatabaseErrorKind, Error as DieselError},
    sql_query,
    sql_types::{BigInt, Text},
};
use domain::{Error, Id, JobKind, kinds};

use crate::{Connection, Notice, dialect::now, error::During, schema::jobs, store::transaction};

/// What to do, to what, for whom.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub kind: JobKind,
    pub target: String,
    /// Whose backlog this counts to.
    pub scope: String,
    /// [`super::args`], OR-ed.
    pub args: i64,
    /// How long it is not due, in milliseconds.
    pub delay: i64,
}

impl NewJob {
    /// Due at once, without flags.
    pub fn new(kind: JobKind, target: impl ToString, scope: impl ToString) -> Self {
        Self { kind, target: target.to_string(), scope: scope.to_string(), args: 0, delay: 0 }
    }

    pub fn with_args(self, args: i64) -> Self {
        Self { args, ..self }
    }

    pub fn after_millis(self, delay: i64) -> Self {
        Self { delay, ..self }
    }
}

/// There is one active job for each (kind, target). A second request merges into it: its flags are OR-ed in, it is due
/// as soon as either wanted, and if it is running already it will run again.
pub fn enqueue(connection: &mut Connection, job: NewJob) -> Result<(), Error> {
    let now = now(connection)?;
    // Somebody else may insert between the update and the insert, or finish between the insert and the update.
    for _ in 0..3 {
        if merge(connection, &job, now)? || insert(connection, &job, now)? {
            connection.notify(Notice::JobsDue);
            return Ok(());
        }
    }
    Err(Error::unavailable("queueing a job", "others changed the same job at the same time"))
}

/// The job that runs now runs once more, in `delay` milliseconds.
pub(crate) fn repeat_after(connection: &mut Connection, kind: JobKind, target: &str, delay: i64) -> Result<(), Error> {
    let now = now(connection)?;
    merge(connection, &NewJob::new(kind, target, "").after_millis(delay), now).map(drop)
}

fn merge(connection: &mut Connection, job: &NewJob, now: i64) -> Result<bool, Error> {
    sql_query(
        "UPDATE jobs SET args = args | $1, \
           dispatched_at = CASE WHEN state = 'queued' AND run_after > $2 THEN NULL ELSE dispatched_at END, \
           run_after = CASE WHEN run_after > $2 OR (state = 'running' AND again = FALSE) THEN $2 ELSE run_after END, \
           again = CASE WHEN state = 'running' THEN TRUE ELSE again END \
         WHERE kind = $3 AND target = $4 AND state <> 'dead'",
    )
    .bind::<BigInt, _>(job.args)
    .bind::<BigInt, _>(now + job.delay)
    .bind::<Text, _>(job.kind.as_str())
    .bind::<Text, _>(&job.target)
    .execute(&mut connection.db)
    .map(|rows| rows > 0)
    .during("queueing a job")
}

fn insert(connection: &mut Connection, job: &NewJob, now: i64) -> Result<bool, Error> {
    let notices = std::mem::take(&mut connection.notices);
    // A savepoint, because PostgreSQL refuses every further statement after a violation.
    let outcome = transaction(connection, |connection| {
        let inserted = diesel::insert_into(jobs::table)
            .values((
                jobs::id.eq(Id::<kinds::Job>::random().to_string()),
                jobs::kind.eq(job.kind.as_str()),
                jobs::target.eq(&job.target),
                jobs::scope_id.eq(&job.scope),
                jobs::args.eq(job.args),
                jobs::state.eq("queued"),
                jobs::attempt.eq(0),
                jobs::lost.eq(0),
                jobs::epoch.eq(0_i64),
                jobs::run_after.eq(now + job.delay),
                jobs::again.eq(false),
                jobs::created_at.eq(now),
            ))
            .execute(&mut connection.db);
        match inserted {
            Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                Err(Error::AlreadyExists { what: "The job".to_owned() })
            }
            other => other.during("queueing a job"),
        }
    });
    connection.notices = notices;
    match outcome {
        Ok(_) => Ok(true),
        Err(Error::AlreadyExists { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Waits for the transactions of jobs about `target` that are under way, and has later ones wait.
pub(crate) fn lock_for_target(connection: &mut Connection, target: &str) -> Result<(), Error> {
    diesel::update(jobs::table.filter(jobs::target.eq(target)))
        .set(jobs::args.eq(jobs::args))
        .execute(&mut connection.db)
        .map(drop)
        .during("locking jobs")
}

/// Part of deleting what the jobs are about.
pub fn delete_for_target(connection: &mut Connection, targets: &[String]) -> Result<(), Error> {
    diesel::delete(jobs::table.filter(jobs::target.eq_any(targets)))
        .execute(&mut connection.db)
        .map(drop)
        .during("deleting jobs")
}
