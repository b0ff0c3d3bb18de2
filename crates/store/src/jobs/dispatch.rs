//! Which jobs the broker should be told about.

use std::collections::BTreeMap;

use diesel::{
    ExpressionMethods, QueryDsl, QueryableByName, RunQueryDsl, sql_query,
    sql_types::{BigInt, Text},
};
use domain::{Error, JobKind};

use crate::{Connection, dialect::now, error::During, schema::jobs};

/// An announcement that nobody followed for so long was lost.
const UNCLAIMED_MILLIS: i64 = 60_000;

/// A job to announce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub id: String,
    pub kind: JobKind,
    epoch: i64,
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

/// Work that waits for other people's servers: a tenant whose servers hang holds so many places, and no more.
const SYNCS_OF_ONE_SCOPE: i64 = 6;

/// How many jobs of a kind one scope may have announced or running, where that is limited.
pub(super) fn most_of_one_scope(kind: JobKind) -> Option<i64> {
    match kind {
        JobKind::SyncRepository | JobKind::IngestVersion => Some(SYNCS_OF_ONE_SCOPE),
        JobKind::IngestUpload | JobKind::ParseVersion | JobKind::Purge => None,
    }
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
    if announced >= window {
        return Ok(Vec::new());
    }
    let rows: Vec<DueRow> = sql_query(
        "SELECT due.id, due.epoch FROM (\
           SELECT id, scope_id, epoch, run_after, \
             ROW_NUMBER() OVER (PARTITION BY scope_id ORDER BY run_after, id) AS turn \
           FROM jobs WHERE kind = $1 AND ((state = 'queued' AND run_after <= $2) OR \
             (state = 'running' AND lease_until < $2)) AND (dispatched_at IS NULL OR dispatched_at <= $3)) AS due \
         LEFT JOIN (\
           SELECT scope_id, COUNT(*) AS held FROM jobs WHERE kind = $1 AND \
             ((state = 'running' AND lease_until >= $2) OR (state = 'queued' AND dispatched_at > $3)) \
           GROUP BY scope_id) AS busy ON busy.scope_id = due.scope_id \
         WHERE due.turn + COALESCE(busy.held, 0) <= $4 \
         ORDER BY due.turn, due.run_after, due.id LIMIT $5",
    )
    .bind::<Text, _>(kind.as_str())
    .bind::<BigInt, _>(now)
    .bind::<BigInt, _>(now - UNCLAIMED_MILLIS)
    .bind::<BigInt, _>(most_of_one_scope(kind).unwrap_or(i64::MAX))
    .bind::<BigInt, _>(window - announced)
    .load(&mut connection.db)
    .during("looking for due jobs")?;
    Ok(rows.into_iter().map(|row| Due { id: row.id, kind, epoch: row.epoch }).collect())
}

/// The broker has confirmed these. Whichever was claimed since it was listed, and perhaps queued again, is left alone.
pub fn set_dispatched(connection: &mut Connection, announced: &[Due]) -> Result<(), Error> {
    let now = now(connection)?;
    let mut by_epoch: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for job in announced {
        by_epoch.entry(job.epoch).or_default().push(&job.id);
    }
    for (epoch, ids) in by_epoch {
        diesel::update(jobs::table.filter(jobs::id.eq_any(ids)).filter(jobs::epoch.eq(epoch)))
            .set(jobs::dispatched_at.eq(now))
            .execute(&mut connection.db)
            .during("marking announced jobs")?;
    }
    Ok(())
}
