//! References to blobs, and when a blob may go.

use domain::{Error, JobKind};
use store::{
    Connection, blob_references,
    jobs::{self, ClaimedJob},
};

use super::database::Database;

for_each_database! { a_reference_keeps_a_blob the_last_reference_condemns_the_blob
a_blob_goes_only_after_its_grace a_new_reference_reprieves_the_blob a_blob_that_is_being_deleted_takes_no_reference
a_forgotten_blob_may_come_again a_second_grace_is_as_long_as_the_first a_deletion_that_was_cut_short_goes_on
replacing_a_blob_releases_the_former_one a_deletion_that_failed_for_good_can_be_called_off
a_blob_that_was_condemned_before_has_its_whole_grace any_number_of_blobs_is_condemned_together }

fn needs(owner: &str, blob: &str) -> Vec<(String, String)> {
    vec![(owner.to_owned(), blob.to_owned())]
}

fn release(session: &mut Connection, owner: &str) -> Result<(), Error> {
    blob_references::release(session, &[owner.to_owned()], "scope-a")
}

async fn has_condemned(database: &Database) {
    database
        .write(|session| {
            blob_references::insert(session, &needs("first", "blob"))?;
            release(session, "first")
        })
        .await;
}

async fn begin_delete(database: &Database) -> bool {
    database.write(|session| blob_references::begin_delete(session, "blob")).await
}

fn pass_the_grace(database: &Database) {
    database.execute("UPDATE condemned_blobs SET delete_after = 1; UPDATE jobs SET run_after = 1");
}

fn claim_purge(session: &mut Connection) -> Result<Option<ClaimedJob>, Error> {
    match jobs::list_due(session, JobKind::Purge, 10)?.first() {
        Some(due) => jobs::claim(session, &due.id),
        None => Ok(None),
    }
}

async fn a_reference_keeps_a_blob(database: &Database) {
    database
        .write(|session| {
            blob_references::insert(session, &needs("first", "blob"))?;
            blob_references::insert(session, &needs("first", "blob"))?;
            blob_references::insert(session, &needs("second", "blob"))?;
            release(session, "first")
        })
        .await;

    assert_eq!(database.count("condemned_blobs"), 0);
    assert!(!begin_delete(database).await);
}

async fn the_last_reference_condemns_the_blob(database: &Database) {
    has_condemned(database).await;

    assert_eq!(database.lines("SELECT sha256 AS line FROM condemned_blobs"), ["blob"]);
    assert_eq!(database.lines("SELECT kind || ' ' || target AS line FROM jobs"), ["purge blob"]);
    assert!(database.write(claim_purge).await.is_none(), "not before its grace is over");
}

async fn a_blob_goes_only_after_its_grace(database: &Database) {
    has_condemned(database).await;
    assert!(!begin_delete(database).await);

    pass_the_grace(database);

    assert!(database.write(claim_purge).await.is_some());
    assert!(begin_delete(database).await);
}

async fn a_new_reference_reprieves_the_blob(database: &Database) {
    has_condemned(database).await;
    pass_the_grace(database);

    database.write(|session| blob_references::insert(session, &needs("second", "blob"))).await;

    assert!(!begin_delete(database).await);
    assert_eq!(database.count("condemned_blobs"), 0);
}

async fn a_blob_that_is_being_deleted_takes_no_reference(database: &Database) {
    has_condemned(database).await;
    pass_the_grace(database);
    assert!(begin_delete(database).await);

    let outcome = database.store.write(|session| blob_references::insert(session, &needs("second", "blob"))).await;

    assert!(matches!(outcome, Err(Error::Unavailable { .. })), "{outcome:?}");
    assert_eq!(database.count("blob_references"), 0);
    assert_eq!(database.count("condemned_blobs"), 1);
}

async fn a_forgotten_blob_may_come_again(database: &Database) {
    has_condemned(database).await;
    pass_the_grace(database);
    assert!(begin_delete(database).await);
    database.write(|session| blob_references::forget(session, "blob")).await;

    database.write(|session| blob_references::insert(session, &needs("second", "blob"))).await;

    assert_eq!(database.count("blob_references"), 1);
}

/// The purge of the first time finds the blob condemned anew: somebody may have a link from in between.
async fn a_second_grace_is_as_long_as_the_first(database: &Database) {
    has_condemned(database).await;
    pass_the_grace(database);
    database
        .write(|session| {
            blob_references::insert(session, &needs("second", "blob"))?;
            release(session, "second")
        })
        .await;

    let purge = database.write(claim_purge).await.unwrap();
    assert!(!begin_delete(database).await);
    database.write(move |session| jobs::finish(session, &purge)).await;

    assert!(database.write(claim_purge).await.is_none());
    pass_the_grace(database);
    assert!(database.write(claim_purge).await.is_some(), "it comes back when the second grace is over");
    assert!(begin_delete(database).await);
}

async fn a_deletion_that_was_cut_short_goes_on(database: &Database) {
    has_condemned(database).await;
    pass_the_grace(database);

    assert!(begin_delete(database).await);
    assert!(begin_delete(database).await);
}

async fn replacing_a_blob_releases_the_former_one(database: &Database) {
    database
        .write(|session| {
            blob_references::insert(session, &needs("owner", "former"))?;
            blob_references::insert(session, &needs("owner", "present"))?;
            blob_references::release_others(session, "owner", "present", "scope-a")
        })
        .await;

    assert_eq!(database.lines("SELECT sha256 AS line FROM blob_references"), ["present"]);
    assert_eq!(database.lines("SELECT sha256 AS line FROM condemned_blobs"), ["former"]);
}

async fn a_deletion_that_failed_for_good_can_be_called_off(database: &Database) {
    has_condemned(database).await;
    pass_the_grace(database);
    assert!(begin_delete(database).await);
    database.execute("UPDATE jobs SET state = 'dead'");

    database.write(|session| blob_references::postpone_delete(session, "blob", "scope-a")).await;

    assert_eq!(database.lines("SELECT target AS line FROM jobs WHERE state = 'queued'"), ["blob"]);
    database.write(|session| blob_references::insert(session, &needs("again", "blob"))).await;
    assert_eq!(database.count("condemned_blobs"), 0);
}

/// Both happen at the same moment on PostgreSQL: a new reference does not see the condemnation, and leaves it behind.
async fn a_blob_that_was_condemned_before_has_its_whole_grace(database: &Database) {
    has_condemned(database).await;
    pass_the_grace(database);
    database.execute("INSERT INTO blob_references (sha256, owner_id, created_at) VALUES ('blob', 'second', 1)");

    assert!(!begin_delete(database).await);
    database.write(|session| release(session, "second")).await;

    assert!(!begin_delete(database).await, "somebody may have a link from in between");
}

/// More than one statement takes, and one of them is condemned and queued already.
async fn any_number_of_blobs_is_condemned_together(database: &Database) {
    let all: Vec<String> = (0..1203).map(|number| format!("blob-{number}")).collect();
    let earlier = needs("first", &all[700]);
    database
        .write(move |session| {
            blob_references::insert(session, &earlier)?;
            release(session, "first")
        })
        .await;
    let needs: Vec<_> = all.iter().map(|blob| ("second".to_owned(), blob.clone())).collect();
    database.write(move |session| blob_references::insert(session, &needs)).await;

    database.write(|session| release(session, "second")).await;

    assert_eq!((database.count("condemned_blobs"), database.count("jobs")), (all.len(), all.len()));
}
