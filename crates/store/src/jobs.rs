//! Background work: rows that are queued with the change they belong to, claimed for a while, fenced, and given up
//! after too many failures. The database is the truth; the broker only carries ids.

mod claim;
mod dispatch;
mod enqueue;
mod report;

pub use claim::{ClaimedJob, claim, free_all_leases, renew};
pub use dispatch::{Due, Outlook, list_due, look, release_due, reserve_due};
pub(crate) use enqueue::repeat_after;
pub use enqueue::{NewJob, delete_for_target, enqueue, enqueue_each, is_active, lock_for_target};
pub use report::{FAILED_ATTEMPTS, Failure, LOST_ATTEMPTS, delete_dead_before, fail, finish, hand_back, progress};

/// Flags in `jobs.args` and `modules.wish`. A second request for the same work ORs its own in. What is asked for one
/// module stands with the module, because a sync is of its whole repository.
pub mod args {
    /// Also repeat what failed for good, and read documentation anew from stored bytes.
    pub const FORCE: i64 = 1;
    /// Somebody asked for this by hand: it may bring back what was deleted.
    pub const EXPLICIT: i64 = 2;
    /// The stored archive of a version was damaged: put the same bytes again, whatever its status.
    pub const REPAIR: i64 = 4;
    /// Also repeat what failed for good; the documentation of the rest stays.
    pub const RETRY: i64 = 8;
}
