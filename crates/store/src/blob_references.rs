//! Who needs which blob. A reference exists before the blob is put, so what has none is garbage.

use std::collections::BTreeSet;

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};
use domain::{Error, JobKind};

use crate::{
    Connection,
    dialect::{now, on_each, on_postgres},
    error::During,
    jobs::{self, NewJob},
    schema::{blob_references, condemned_blobs},
};

/// Longer than any link to the blob lives and any worker can still be reading it.
const GRACE_MILLIS: i64 = 60 * 60 * 1000;
/// In `delete_after`: the deletion is under way and can no longer be called off.
const DELETING: i64 = -1;
const ROWS_TOGETHER: usize = 500;

/// Says that `owner` needs these blobs. Committed before they are put. `Unavailable` while one of them is just being
/// deleted.
pub fn insert(session: &mut Connection, owner_and_blob: &[(String, String)]) -> Result<(), Error> {
    let blobs: Vec<&str> = owner_and_blob.iter().map(|(_, blob)| blob.as_str()).collect();
    // Before looking for them: on PostgreSQL this waits for a deletion that is just beginning.
    diesel::delete(
        condemned_blobs::table
            .filter(condemned_blobs::sha256.eq_any(&blobs))
            .filter(condemned_blobs::delete_after.ne(DELETING)),
    )
    .execute(&mut session.db)
    .during("reprieving blobs")?;
    let deleting: i64 = condemned_blobs::table
        .filter(condemned_blobs::sha256.eq_any(&blobs))
        .filter(condemned_blobs::delete_after.eq(DELETING))
        .count()
        .get_result(&mut session.db)
        .during("looking for condemned blobs")?;
    if deleting > 0 {
        return Err(Error::unavailable("referring to a blob", "the same bytes are just being deleted"));
    }
    let now = now(session)?;
    let rows: Vec<_> = owner_and_blob
        .iter()
        .map(|(owner, blob)| {
            (blob_references::sha256.eq(blob), blob_references::owner_id.eq(owner), blob_references::created_at.eq(now))
        })
        .collect();
    on_each!(session, c => diesel::insert_into(blob_references::table).values(&rows).on_conflict_do_nothing().execute(c))
        .map(drop)
        .during("saving references to blobs")
}

/// Ends all references of these owners; blobs that nobody needs any more are condemned, and purged after a while.
pub fn release(session: &mut Connection, owners: &[String], scope: &str) -> Result<(), Error> {
    let blobs: Vec<String> = blob_references::table
        .filter(blob_references::owner_id.eq_any(owners))
        .select(blob_references::sha256)
        .distinct()
        .load(&mut session.db)
        .during("listing references to blobs")?;
    lock(session, &blobs)?;
    diesel::delete(blob_references::table.filter(blob_references::owner_id.eq_any(owners)))
        .execute(&mut session.db)
        .during("deleting references to blobs")?;
    condemn_unreferenced(session, &blobs, scope)
}

/// Like `release`, for all references of one owner but the one to `keep`.
pub fn release_others(session: &mut Connection, owner: &str, keep: &str, scope: &str) -> Result<(), Error> {
    let others = || {
        blob_references::table
            .filter(blob_references::owner_id.eq(owner.to_owned()))
            .filter(blob_references::sha256.ne(keep.to_owned()))
    };
    let blobs: Vec<String> =
        others().select(blob_references::sha256).load(&mut session.db).during("listing references to blobs")?;
    if blobs.is_empty() {
        return Ok(());
    }
    lock(session, &blobs)?;
    diesel::delete(others()).execute(&mut session.db).during("deleting references to blobs")?;
    condemn_unreferenced(session, &blobs, scope)
}

/// Of two that release the last two references at the same time, the second sees that the first is gone: each waits for
/// all references to the blob, in one order.
fn lock(session: &mut Connection, blobs: &[String]) -> Result<(), Error> {
    on_postgres!(session, c => blob_references::table
        .filter(blob_references::sha256.eq_any(blobs))
        .order((blob_references::sha256, blob_references::owner_id))
        .select(blob_references::sha256)
        .for_update()
        .load::<String>(c)
        .map(drop), ())
    .during("locking references to blobs")
}

fn condemn_unreferenced(session: &mut Connection, blobs: &[String], scope: &str) -> Result<(), Error> {
    let needed: Vec<String> = blob_references::table
        .filter(blob_references::sha256.eq_any(blobs))
        .select(blob_references::sha256)
        .distinct()
        .load(&mut session.db)
        .during("listing references to blobs")?;
    let needed: BTreeSet<String> = needed.into_iter().collect();
    let unneeded: Vec<String> = blobs.iter().filter(|blob| !needed.contains(*blob)).cloned().collect();
    // In the order in which a worker locks them: the job, then the blob.
    let purge = NewJob::new(JobKind::Purge, "", scope).after_millis(GRACE_MILLIS);
    jobs::enqueue_each(session, &purge, &unneeded)?;
    let delete_after = now(session)? + GRACE_MILLIS;
    // One that is condemned already was needed again since: its grace begins anew.
    diesel::update(
        condemned_blobs::table
            .filter(condemned_blobs::sha256.eq_any(&unneeded))
            .filter(condemned_blobs::delete_after.ne(DELETING)),
    )
    .set(condemned_blobs::delete_after.eq(delete_after))
    .execute(&mut session.db)
    .during("condemning blobs")?;
    let rows: Vec<_> = unneeded
        .iter()
        .map(|blob| (condemned_blobs::sha256.eq(blob), condemned_blobs::delete_after.eq(delete_after)))
        .collect();
    for rows in rows.chunks(ROWS_TOGETHER) {
        on_each!(session, c => diesel::insert_into(condemned_blobs::table).values(rows).on_conflict_do_nothing().execute(c))
            .during("condemning blobs")?;
    }
    Ok(())
}

/// Whether the blob may be deleted now. From then on, until `forget`, nobody can refer to it. A blob that was needed
/// again meanwhile has its whole grace once more: the running job comes back when that is over.
pub fn begin_delete(session: &mut Connection, blob: &str) -> Result<bool, Error> {
    let delete_after: Option<i64> = condemned_blobs::table
        .find(blob)
        .select(condemned_blobs::delete_after)
        .first(&mut session.db)
        .optional()
        .during("reading a condemned blob")?;
    let references: i64 = blob_references::table
        .filter(blob_references::sha256.eq(blob))
        .count()
        .get_result(&mut session.db)
        .during("counting references to a blob")?;
    let Some(delete_after) = delete_after.filter(|_| references == 0) else {
        return Ok(false);
    };
    let early = delete_after - now(session)?;
    if early > 0 {
        jobs::repeat_after(session, JobKind::Purge, blob, early)?;
        return Ok(false);
    }
    diesel::update(condemned_blobs::table.find(blob))
        .set(condemned_blobs::delete_after.eq(DELETING))
        .execute(&mut session.db)
        .map(|rows| rows > 0)
        .during("beginning to delete a blob")
}

/// The deletion did not succeed: it can be called off again, and is tried once more after the grace.
pub fn postpone_delete(session: &mut Connection, blob: &str, scope: &str) -> Result<(), Error> {
    let delete_after = now(session)? + GRACE_MILLIS;
    diesel::update(condemned_blobs::table.find(blob))
        .set(condemned_blobs::delete_after.eq(delete_after))
        .execute(&mut session.db)
        .during("putting off the deletion of a blob")?;
    jobs::enqueue(session, NewJob::new(JobKind::Purge, blob, scope).after_millis(GRACE_MILLIS))
}

/// The blob is gone.
pub fn forget(session: &mut Connection, blob: &str) -> Result<(), Error> {
    diesel::delete(condemned_blobs::table.find(blob))
        .execute(&mut session.db)
        .map(drop)
        .during("forgetting a deleted blob")
}
