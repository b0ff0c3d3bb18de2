//! Putting a job beside the change it belongs to, in the same transaction.

use diesel::{
    ExpressionMethods, QueryDsl, RunQueryDsl, sql_query,
    sql_types::{BigInt, Text},
};
use domain::{Error, Id, JobKind, kinds};

use crate::{
    Connection, Notice,
    db::Db,
    dialect::{now, on_each, on_postgres},
    error::During,
    schema::jobs,
};

const ROWS_TOGETHER: usize = 500;

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
    enqueue_each(connection, &job, std::slice::from_ref(&job.target))
}

/// The same job for each of these targets, instead of its own. No target may be named twice.
pub fn enqueue_each(connection: &mut Connection, job: &NewJob, targets: &[String]) -> Result<(), Error> {
    let now = now(connection)?;
    for targets in targets.chunks(ROWS_TOGETHER) {
        enqueue_some(connection, job, targets, now)?;
    }
    connection.notify(Notice::JobsDue);
    Ok(())
}

fn enqueue_some(connection: &mut Connection, job: &NewJob, targets: &[String], now: i64) -> Result<(), Error> {
    // Somebody else may finish one of them between the insert and the update. To merge into a job that was just inserted
    // changes nothing.
    for _ in 0..3 {
        if insert(connection, job, targets, now)? == targets.len()
            || merge(connection, job, targets, now)? == targets.len()
        {
            return Ok(());
        }
    }
    Err(Error::unavailable("queueing a job", "others changed the same job at the same time"))
}

/// The job that runs now runs once more, in `delay` milliseconds.
pub(crate) fn repeat_after(connection: &mut Connection, kind: JobKind, target: &str, delay: i64) -> Result<(), Error> {
    let now = now(connection)?;
    merge(connection, &NewJob::new(kind, "", "").after_millis(delay), &[target.to_owned()], now).map(drop)
}

/// How many of them are there.
fn merge(connection: &mut Connection, job: &NewJob, targets: &[String], now: i64) -> Result<usize, Error> {
    let places: Vec<String> = (4..4 + targets.len()).map(|place| format!("${place}")).collect();
    let mut query = sql_query(format!(
        "UPDATE jobs SET args = args | $1, \
           dispatched_at = CASE WHEN state = 'queued' AND run_after > $2 THEN NULL ELSE dispatched_at END, \
           run_after = CASE WHEN run_after > $2 OR (state = 'running' AND again = FALSE) THEN $2 ELSE run_after END, \
           again = CASE WHEN state = 'running' THEN TRUE ELSE again END \
         WHERE kind = $3 AND target IN ({}) AND state <> 'dead'",
        places.join(", ")
    ))
    .into_boxed::<<Db as diesel::Connection>::Backend>()
    .bind::<BigInt, _>(job.args)
    .bind::<BigInt, _>(now + job.delay)
    .bind::<Text, _>(job.kind.as_str());
    for target in targets {
        query = query.bind::<Text, _>(target);
    }
    query.execute(&mut connection.db).during("queueing a job")
}

/// How many of them were not there.
fn insert(connection: &mut Connection, job: &NewJob, targets: &[String], now: i64) -> Result<usize, Error> {
    let rows: Vec<_> = targets
        .iter()
        .map(|target| {
            (
                jobs::id.eq(Id::<kinds::Job>::random().to_string()),
                jobs::kind.eq(job.kind.as_str()),
                jobs::target.eq(target),
                jobs::scope_id.eq(&job.scope),
                jobs::args.eq(job.args),
                jobs::state.eq("queued"),
                jobs::attempt.eq(0),
                jobs::lost.eq(0),
                jobs::epoch.eq(0_i64),
                jobs::run_after.eq(now + job.delay),
                jobs::again.eq(false),
                jobs::created_at.eq(now),
            )
        })
        .collect();
    on_each!(connection, c => diesel::insert_into(jobs::table).values(&rows).on_conflict_do_nothing().execute(c))
        .during("queueing a job")
}

/// Waits for the transactions of jobs about `target` that are under way, and has later ones wait.
pub fn lock_for_target(connection: &mut Connection, target: &str) -> Result<(), Error> {
    lock_in_order(connection, &[target.to_owned()])
}

/// Whether there is such a job that was not given up.
pub fn is_active(connection: &mut Connection, kind: JobKind, target: &str) -> Result<bool, Error> {
    let active: i64 = jobs::table
        .filter(jobs::kind.eq(kind.as_str()))
        .filter(jobs::target.eq(target))
        .filter(jobs::state.ne("dead"))
        .count()
        .get_result(&mut connection.db)
        .during("looking for a job")?;
    Ok(active > 0)
}

/// A target may have jobs of several kinds. Those who queue more than one do so in this order as well.
fn lock_in_order(connection: &mut Connection, targets: &[String]) -> Result<(), Error> {
    on_postgres!(connection, c => jobs::table
        .filter(jobs::target.eq_any(targets))
        .order((jobs::kind, jobs::target))
        .select(jobs::id)
        .for_update()
        .load::<String>(c)
        .map(drop), ())
    .during("locking jobs")
}

/// Part of deleting what the jobs are about.
pub fn delete_for_target(connection: &mut Connection, targets: &[String]) -> Result<(), Error> {
    lock_in_order(connection, targets)?;
    diesel::delete(jobs::table.filter(jobs::target.eq_any(targets)))
        .execute(&mut connection.db)
        .map(drop)
        .during("deleting jobs")
}
