//! Completed uploads: taken, repeated, refused.

use domain::{Error, JobKind, Stage, VersionStatus};
use store::{
    jobs,
    versions::{self, ModuleVersion, Uploaded},
};

use super::{
    database::Database,
    fixtures::{acme_network, ok_version, version},
};

for_each_database! { an_upload_is_taken_and_queued the_same_bytes_again_are_a_repetition
other_bytes_replace_the_staged_ones a_sealed_version_takes_no_other_bytes a_settled_version_takes_no_other_bytes
an_errored_upload_may_be_tried_again_with_the_same_bytes
a_sealed_version_keeps_its_archive the_latest_is_found_anew_while_an_upload_is_replaced }

async fn upload(database: &Database, id: &str, sha256: &str) -> Result<Uploaded, Error> {
    let (id, key, sha256) = (id.to_owned(), format!("key-of-{sha256}"), sha256.to_owned());
    database.store.write(move |session| versions::set_uploaded(session, &id, &key, &sha256)).await
}

async fn has_version(database: &Database) -> String {
    let module = database.write(acme_network).await;
    database.write(move |session| version(session, &module, "1.0.0")).await.id.to_string()
}

/// Uploaded as `a`, and published.
async fn has_published(database: &Database) -> String {
    let module = database.write(acme_network).await;
    let id = database.write(move |session| ok_version(session, &module, "1.0.0", "text")).await.id;
    database.execute("UPDATE module_versions SET upload_sha256 = 'a', upload_key = 'key-of-a'");
    id.to_string()
}

async fn load(database: &Database, id: &str) -> ModuleVersion {
    let id = id.to_owned();
    database.read(move |session| versions::load(session, &id)).await
}

fn accepted(replaced: Option<&str>) -> Uploaded {
    Uploaded::Accepted { replaced: replaced.map(str::to_owned) }
}

async fn an_upload_is_taken_and_queued(database: &Database) {
    let id = has_version(database).await;

    assert_eq!(upload(database, &id, "a").await.unwrap(), accepted(None));

    let version = load(database, &id).await;
    assert_eq!((version.status, version.upload_key.as_deref()), (VersionStatus::Pending, Some("key-of-a")));
    assert_eq!(database.read(|session| jobs::list_due(session, JobKind::IngestUpload, 10)).await.len(), 1);
}

async fn the_same_bytes_again_are_a_repetition(database: &Database) {
    let id = has_version(database).await;
    upload(database, &id, "a").await.unwrap();
    assert_eq!(upload(database, &id, "a").await.unwrap(), Uploaded::Repeated);
    database.execute("UPDATE module_versions SET status = 'ok', ok_at = 1, sealed_at = 1");

    assert_eq!(upload(database, &id, "a").await.unwrap(), Uploaded::Repeated, "also when it is sealed");
}

async fn other_bytes_replace_the_staged_ones(database: &Database) {
    let id = has_published(database).await;

    assert_eq!(upload(database, &id, "b").await.unwrap(), accepted(Some("key-of-a")));

    let version = load(database, &id).await;
    assert_eq!((version.status, version.upload_sha256.as_deref()), (VersionStatus::Pending, Some("b")));
}

async fn a_sealed_version_takes_no_other_bytes(database: &Database) {
    let id = has_published(database).await;
    let sealed = id.clone();
    assert!(database.write(move |session| versions::seal(session, &sealed)).await);

    let outcome = upload(database, &id, "b").await;

    assert!(matches!(outcome, Err(Error::Conflict { .. })), "{outcome:?}");
    let version = load(database, &id).await;
    assert_eq!((version.status, version.upload_sha256.as_deref()), (VersionStatus::Ok, Some("a")));
    assert_eq!(database.count("jobs"), 0);
}

async fn a_settled_version_takes_no_other_bytes(database: &Database) {
    let id = has_published(database).await;
    database.execute("UPDATE module_versions SET ok_at = ok_at - 60001");

    let outcome = upload(database, &id, "b").await;

    assert!(matches!(outcome, Err(Error::Conflict { .. })), "{outcome:?}");
}

async fn an_errored_upload_may_be_tried_again_with_the_same_bytes(database: &Database) {
    let id = has_version(database).await;
    upload(database, &id, "a").await.unwrap();
    let failed = id.clone();
    database.write(move |session| versions::set_errored(session, &failed, Stage::Content, "bad")).await;

    assert_eq!(upload(database, &id, "a").await.unwrap(), accepted(Some("key-of-a")));

    let version = load(database, &id).await;
    assert_eq!((version.status, version.error_message), (VersionStatus::Pending, None));
}

async fn a_sealed_version_keeps_its_archive(database: &Database) {
    let id = has_published(database).await;
    let (sealed, replaced) = (id.clone(), id.clone());
    database.write(move |session| versions::seal(session, &sealed)).await;
    let before = load(database, &id).await.archive_sha256;
    let archived = versions::Archived {
        archive_sha256: "other".to_owned(),
        tar_sha256: "other".to_owned(),
        size: 1,
        directory: String::new(),
        submodules: false,
        notes: "[]".to_owned(),
        published_at: 1,
    };

    assert!(!database.write(move |session| versions::set_archived(session, &replaced, &archived)).await);

    assert_eq!(load(database, &id).await.archive_sha256, before);
}

async fn the_latest_is_found_anew_while_an_upload_is_replaced(database: &Database) {
    let id = has_published(database).await;

    upload(database, &id, "b").await.unwrap();

    assert_eq!(database.lines("SELECT COALESCE(latest_version_id, 'none') AS line FROM modules"), ["none"]);
}
