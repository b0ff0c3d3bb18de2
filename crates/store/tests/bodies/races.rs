//! Two sessions in each other's way, step by step. Only PostgreSQL has these: SQLite has one writer.

use domain::Error;
use store::{blob_references, versions};
use tokio::task::JoinHandle;

use crate::bodies::{
    database::{Database, Raw},
    fixtures::{acme_network, ok_version, part, version},
};

/// A transaction of the test that holds its locks until told.
struct Other(Raw);

impl Other {
    fn begin(database: &Database, sql: &str) -> Self {
        let mut raw = database.raw();
        raw.execute("BEGIN");
        raw.execute(sql);
        Self(raw)
    }

    /// Commits once the task waits for it.
    async fn commit_when_waited_for_by<T>(mut self, task: &JoinHandle<T>, database: &Database) {
        let mut watch = database.raw();
        let waiting = "SELECT 'one' AS line FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while watch.lines(waiting).is_empty() && !task.is_finished() {
            tokio::task::yield_now().await;
        }
        self.0.execute("COMMIT");
    }
}

#[tokio::test]
async fn a_seal_is_not_overtaken_by_an_upload() {
    let database = Database::open(crate::server());
    let module = database.write(acme_network).await;
    let id = database.write(move |session| ok_version(session, &module, "1.0.0", "text")).await.id.to_string();
    let sealing = Other::begin(&database, "UPDATE module_versions SET sealed_at = 1");

    let (store, wanted) = (database.store.clone(), id);
    let upload =
        tokio::spawn(async move { store.write(move |s| versions::set_uploaded(s, &wanted, "key", "bytes")).await });
    sealing.commit_when_waited_for_by(&upload, &database).await;

    let outcome = upload.await.unwrap();
    assert!(matches!(outcome, Err(Error::Conflict { .. })), "{outcome:?}");
    assert_eq!(database.lines("SELECT status AS line FROM module_versions"), ["ok"]);
    assert_eq!(database.count("jobs"), 0);
}

#[tokio::test]
async fn a_reference_does_not_call_off_a_deletion_that_began() {
    let database = Database::open(crate::server());
    let needs = |owner: &str| vec![(owner.to_owned(), "blob".to_owned())];
    database
        .write(move |session| {
            blob_references::insert(session, &needs("first"))?;
            blob_references::release(session, &["first".to_owned()], "scope-a")
        })
        .await;
    let deleting = Other::begin(&database, "UPDATE condemned_blobs SET delete_after = -1");

    let store = database.store.clone();
    let insert = tokio::spawn(async move { store.write(move |s| blob_references::insert(s, &needs("second"))).await });
    deleting.commit_when_waited_for_by(&insert, &database).await;

    let outcome = insert.await.unwrap();
    assert!(matches!(outcome, Err(Error::Unavailable { .. })), "{outcome:?}");
    assert_eq!(database.count("condemned_blobs"), 1);
    assert_eq!(database.count("blob_references"), 0);
}

#[tokio::test]
async fn a_lower_version_does_not_overtake_the_latest() {
    let database = Database::open(crate::server());
    let module = database.write(acme_network).await;
    let made = module.clone();
    let (lower, higher) =
        database.write(move |session| Ok((version(session, &made, "1.0.0")?, version(session, &made, "2.0.0")?))).await;
    let sql = format!("UPDATE modules SET latest_version_id = '{}'", higher.id);
    let turning_ok = Other::begin(&database, &sql);

    let store = database.store.clone();
    let set_ok = tokio::spawn(async move {
        store.write(move |s| versions::set_ok(s, &module, lower.id.as_str(), "{}", &[part("", "text")])).await
    });
    turning_ok.commit_when_waited_for_by(&set_ok, &database).await;

    set_ok.await.unwrap().unwrap();
    assert_eq!(database.lines("SELECT latest_version_id AS line FROM modules"), [higher.id.to_string()]);
}

#[tokio::test]
async fn of_two_last_references_the_second_condemns_the_blob() {
    let database = Database::open(crate::server());
    let needs = |owner: &str| (owner.to_owned(), "blob".to_owned());
    database.write(move |session| blob_references::insert(session, &[needs("first"), needs("second")])).await;
    let releasing = Other::begin(&database, "DELETE FROM blob_references WHERE owner_id = 'first'");

    let store = database.store.clone();
    let release = tokio::spawn(async move {
        store.write(|session| blob_references::release(session, &["second".to_owned()], "scope-a")).await
    });
    releasing.commit_when_waited_for_by(&release, &database).await;

    release.await.unwrap().unwrap();
    assert_eq!(database.lines("SELECT sha256 AS line FROM condemned_blobs"), ["blob"]);
}
