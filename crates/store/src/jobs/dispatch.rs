//! Which jobs the broker should be told about.
//!
//! They are reserved before they are announced, so that the dispatchers of several processes do not announce the same
//! ones. Whoever dies in between costs these jobs `UNCLAIMED_MILLIS`.

use std::collections::BTreeMap;

use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryableByName, RunQueryDsl, sql_query,
    sql_types::{BigInt, Bool, Text},
};
use domain::{Error, JobKind};

use crate::{
    Connection,
    dialect::{first_of_each_scope, now, on_postgres},
    error::During,
    schema::jobs,
};

/// An announcement that nobody followed for so long was lost.
const UNCLAIMED_MILLIS: i64 = 20_000;

/// A job to announce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub id: String,
    pub kind: JobKind,
    epoch: i64,
}

/// What a dispatcher may do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// Kinds that have due jobs, and room for their announcements.
    pub kinds: Vec<JobKind>,
    /// Of some kind there are due jobs and no room: workers make it all the time, so it is worth looking again soon.
    pub is_full: bool,
}

#[derive(QueryableByName)]
struct DueRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    epoch: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct KindRow {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    announced: i64,
    #[diesel(sql_type = Bool)]
    has_due: bool,
}

/// The scopes that have waiting jobs of kind `$1`, one after the other by the index: their jobs are not read.
const SCOPES: &str = "WITH RECURSIVE scope (scope_id) AS (\
     SELECT MIN(scope_id) FROM jobs WHERE kind = $1 AND state = 'queued' AND dispatched_at IS NULL \
     UNION ALL \
     SELECT (SELECT MIN(jobs.scope_id) FROM jobs WHERE kind = $1 AND state = 'queued' AND dispatched_at IS NULL \
       AND jobs.scope_id > scope.scope_id) FROM scope WHERE scope.scope_id IS NOT NULL\
   )";

/// Work that waits for other people's servers: a tenant whose servers hang holds so many places, and no more.
const SYNCS_OF_ONE_SCOPE: i64 = 6;
const VISITS_OF_ONE_SCOPE: i64 = 2;

/// How many jobs of a kind one scope may have announced or running, where that is limited.
pub(super) fn most_of_one_scope(kind: JobKind) -> Option<i64> {
    match kind {
        JobKind::SyncRepository | JobKind::IngestVersion => Some(SYNCS_OF_ONE_SCOPE),
        JobKind::VisitHost => Some(VISITS_OF_ONE_SCOPE),
        JobKind::IngestUpload | JobKind::ParseVersion | JobKind::Purge => None,
    }
}

/// Whether it is worth calling [`reserve_due`]: cheap, however long the backlog is, and so asked all the time.
///
/// `window`: how many jobs of each kind may be announced and unclaimed. There is room when fewer than half of them are,
/// so that a backlog is announced in a few large parts.
pub fn look(connection: &mut Connection, window: i64) -> Result<Outlook, Error> {
    let now = now(connection)?;
    let kinds = JobKind::ALL.map(|kind| format!("SELECT '{}' AS kind", kind.as_str())).join(" UNION ALL ");
    let rows: Vec<KindRow> = sql_query(format!(
        "SELECT kinds.kind, \
           (SELECT COUNT(*) FROM jobs WHERE jobs.kind = kinds.kind AND state = 'queued' AND dispatched_at > $1) \
             AS announced, \
           (COALESCE((SELECT run_after FROM jobs WHERE jobs.kind = kinds.kind AND state = 'queued' \
              AND dispatched_at IS NULL ORDER BY run_after LIMIT 1) <= $2, FALSE) \
            OR EXISTS (SELECT 1 FROM jobs WHERE jobs.kind = kinds.kind AND state = 'queued' AND run_after <= $2 \
              AND dispatched_at <= $1) \
            OR EXISTS (SELECT 1 FROM jobs WHERE jobs.kind = kinds.kind AND state = 'running' AND lease_until < $2 \
              AND (dispatched_at IS NULL OR dispatched_at <= $1))) AS has_due \
         FROM ({kinds}) AS kinds"
    ))
    .bind::<BigInt, _>(now - UNCLAIMED_MILLIS)
    .bind::<BigInt, _>(now)
    .load(&mut connection.db)
    .during("looking for due jobs")?;
    let mut outlook = Outlook { kinds: Vec::new(), is_full: false };
    for row in rows.into_iter().filter(|row| row.has_due) {
        if row.announced * 2 < window {
            outlook.kinds.push(row.kind.parse()?);
        } else {
            outlook.is_full = true;
        }
    }
    Ok(outlook)
}

/// Due jobs of one kind that the broker does not know about yet, at most `window` announced and unclaimed at a time: a
/// backlog stays in the table. Scopes take turns, so that one tenant's thousand jobs do not hold up another's one.
pub fn list_due(connection: &mut Connection, kind: JobKind, window: i64) -> Result<Vec<Due>, Error> {
    let now = now(connection)?;
    let announced =
        sql_query("SELECT COUNT(*) AS count FROM jobs WHERE kind = $1 AND state = 'queued' AND dispatched_at > $2")
            .bind::<Text, _>(kind.as_str())
            .bind::<BigInt, _>(now - UNCLAIMED_MILLIS)
            .get_result::<Count>(&mut connection.db)
            .during("counting announced jobs")?
            .count;
    let room = window - announced;
    if room <= 0 {
        return Ok(Vec::new());
    }
    let most = most_of_one_scope(kind).unwrap_or(i64::MAX);
    let first_few = first_few(connection, kind, now, room)?;
    let rows: Vec<DueRow> = sql_query(format!(
        "{SCOPES}, holding AS (\
           SELECT scope_id FROM jobs WHERE kind = $1 AND state = 'running' AND lease_until >= $2 \
           UNION ALL \
           SELECT scope_id FROM jobs WHERE kind = $1 AND state = 'queued' AND dispatched_at > $3\
         ), busy AS (\
           SELECT scope_id, COUNT(*) AS held FROM holding GROUP BY scope_id\
         ), due AS (\
           {first} \
           UNION ALL \
           SELECT id, scope_id, epoch, run_after FROM jobs \
             WHERE kind = $1 AND state = 'queued' AND run_after <= $2 AND dispatched_at <= $3 \
           UNION ALL \
           SELECT id, scope_id, epoch, run_after FROM jobs \
             WHERE kind = $1 AND state = 'running' AND lease_until < $2 \
               AND (dispatched_at IS NULL OR dispatched_at <= $3)\
         ), turns AS (\
           SELECT id, scope_id, epoch, run_after, \
             ROW_NUMBER() OVER (PARTITION BY scope_id ORDER BY run_after, id) AS turn FROM due\
         ) \
         SELECT turns.id, turns.epoch FROM turns LEFT JOIN busy ON busy.scope_id = turns.scope_id \
         WHERE turns.turn + COALESCE(busy.held, 0) <= $5 \
         ORDER BY turns.turn, turns.run_after, turns.id LIMIT $6",
        first = first_of_each_scope(connection)
    ))
    .bind::<Text, _>(kind.as_str())
    .bind::<BigInt, _>(now)
    .bind::<BigInt, _>(now - UNCLAIMED_MILLIS)
    .bind::<BigInt, _>(first_few)
    .bind::<BigInt, _>(most)
    .bind::<BigInt, _>(room)
    .load(&mut connection.db)
    .during("looking for due jobs")?;
    Ok(rows.into_iter().map(|row| Due { id: row.id, kind, epoch: row.epoch }).collect())
}

/// Of each scope only so many can have a turn, so no more of them are looked at: each of the others has at least one.
fn first_few(connection: &mut Connection, kind: JobKind, now: i64, room: i64) -> Result<i64, Error> {
    if let Some(most) = most_of_one_scope(kind) {
        return Ok(room.min(most));
    }
    let scopes = sql_query(format!(
        "{SCOPES} SELECT COUNT(*) AS count FROM scope WHERE COALESCE((\
           SELECT run_after FROM jobs WHERE kind = $1 AND state = 'queued' AND dispatched_at IS NULL \
             AND jobs.scope_id = scope.scope_id ORDER BY run_after LIMIT 1) <= $2, FALSE)"
    ))
    .bind::<Text, _>(kind.as_str())
    .bind::<BigInt, _>(now)
    .get_result::<Count>(&mut connection.db)
    .during("counting scopes with due jobs")?
    .count;
    Ok((room - scopes + 1).max(1))
}

/// Takes due jobs of these kinds for announcing: from now on no other dispatcher announces them. What cannot be
/// announced must go to [`release_due`], or it waits for 20 seconds.
///
/// On PostgreSQL two dispatchers at the same moment may together exceed the window, or the places of a scope, by the few
/// jobs that one of them sees and the other does not.
pub fn reserve_due(connection: &mut Connection, kinds: &[JobKind], window: i64) -> Result<Vec<Due>, Error> {
    let mut due = Vec::new();
    for kind in kinds {
        due.extend(list_due(connection, *kind, window)?);
    }
    let now = now(connection)?;
    let unclaimed = now - UNCLAIMED_MILLIS;
    let ids: Vec<&str> = due.iter().map(|job| job.id.as_str()).collect();
    // A row that somebody else holds is being announced, claimed or changed, and comes up again in the next round.
    let locked = on_postgres!(connection, c => jobs::table
        .filter(jobs::id.eq_any(&ids))
        .filter(jobs::dispatched_at.is_null().or(jobs::dispatched_at.le(unclaimed)))
        .select((jobs::id, jobs::epoch))
        .for_update()
        .skip_locked()
        .load::<(String, i64)>(c)
        .map(|rows| Some(rows.into_iter().collect::<BTreeMap<_, _>>())), None)
    .during("reserving due jobs")?;
    if let Some(locked) = locked {
        due.retain(|job| locked.get(&job.id) == Some(&job.epoch));
    }
    mark(connection, &due, Some(now))?;
    Ok(due)
}

/// These were reserved and could not be announced: they are due again at once.
pub fn release_due(connection: &mut Connection, reserved: &[Due]) -> Result<(), Error> {
    mark(connection, reserved, None)
}

/// Whichever was claimed since it was listed, and perhaps queued again, is left alone.
fn mark(connection: &mut Connection, marked: &[Due], dispatched_at: Option<i64>) -> Result<(), Error> {
    let mut by_epoch: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for job in marked {
        by_epoch.entry(job.epoch).or_default().push(&job.id);
    }
    for (epoch, ids) in by_epoch {
        diesel::update(jobs::table.filter(jobs::id.eq_any(ids)).filter(jobs::epoch.eq(epoch)))
            .set(jobs::dispatched_at.eq(dispatched_at))
            .execute(&mut connection.db)
            .during("marking announced jobs")?;
    }
    Ok(())
}
