//! Stored archives that were found damaged.

use domain::{JobKind, VersionStatus};
use store::{
    jobs::{self, args},
    modules::Module,
    versions::{self, ModuleVersion, Uploaded},
};

use super::{
    database::Database,
    fixtures::{acme_network, ok_version, repository},
};

for_each_database! { a_damaged_archive_from_git_is_made_again a_damaged_upload_is_asked_for_again
what_is_repaired_says_nothing_any_more what_could_not_be_repaired_says_why
a_blob_of_nobody_is_no_damage a_new_upload_replaces_a_damaged_one_while_it_may }

const BLOB: &str = "archive-of-1.0.0";

async fn has_uploaded(database: &Database) -> (Module, ModuleVersion) {
    let module = database.write(acme_network).await;
    let made = module.clone();
    let version = database.write(move |session| ok_version(session, &made, "1.0.0", "text")).await;
    database.execute("UPDATE module_versions SET upload_sha256 = 'a', upload_key = 'key-of-a', sealed_at = 1");
    (module, version)
}

async fn has_ingested(database: &Database) -> ModuleVersion {
    let (module, version) = has_uploaded(database).await;
    let repository = database.write(move |session| repository(session, &module.scope_id, "acme/network")).await;
    database.execute(&format!(
        "UPDATE modules SET repository_id = '{}'; UPDATE module_versions SET commit_sha = 'c', upload_sha256 = NULL",
        repository.id
    ));
    version
}

async fn report(database: &Database) -> Vec<versions::OfBlob> {
    database.write(|session| versions::report_damaged(session, BLOB)).await
}

async fn load(database: &Database, id: &domain::Id<domain::kinds::ModuleVersion>) -> ModuleVersion {
    let id = id.to_string();
    database.read(move |session| versions::load(session, &id)).await
}

fn queued(database: &Database) -> Vec<String> {
    database.lines("SELECT kind || ' ' || args AS line FROM jobs")
}

async fn a_damaged_archive_from_git_is_made_again(database: &Database) {
    let made = has_ingested(database).await;

    let reported = report(database).await;
    assert_eq!(reported.len(), 1);
    assert!(reported[0].version.id == made.id && reported[0].is_from_git());
    assert_eq!(reported[0].module.address().to_string(), "acme/network/aws");
    report(database).await;

    assert_eq!(queued(database), [format!("ingest-version {}", args::REPAIR)], "once, however often it is noticed");
    let version = load(database, &made.id).await;
    assert_eq!(version.status, VersionStatus::Ok);
    assert!(version.is_damaged() && version.error_message.unwrap().contains("being made again"));
}

async fn a_damaged_upload_is_asked_for_again(database: &Database) {
    let (_, made) = has_uploaded(database).await;
    assert!(!versions::takes_uploads(&load(database, &made.id).await, i64::MAX), "sealed");
    assert!(!report(database).await[0].is_from_git());
    assert_eq!(queued(database), [""; 0]);

    let version = load(database, &made.id).await;
    assert!(version.error_message.as_deref().unwrap().contains("upload the same archive again"));
    assert!(versions::takes_uploads(&version, i64::MAX));
    let id = made.id.to_string();
    let same = database.write(move |session| versions::set_uploaded(session, &id, "key-2", "a")).await;
    assert_eq!(same, Uploaded::Accepted { replaced: Some("key-of-a".to_owned()) });

    let version = load(database, &made.id).await;
    assert_eq!((version.status, version.upload_key.as_deref()), (VersionStatus::Ok, Some("key-2")));
    assert_eq!(queued(database), ["ingest-upload 0"]);
    let id = made.id.to_string();
    let other = database.store.write(move |session| versions::set_uploaded(session, &id, "key-3", "b")).await;
    assert!(matches!(other, Err(domain::Error::Conflict { .. })), "{other:?}");
}

async fn what_is_repaired_says_nothing_any_more(database: &Database) {
    let (module, made) = has_uploaded(database).await;
    let other = database.write(move |session| ok_version(session, &module, "2.0.0", "text")).await;
    database.execute(&format!("UPDATE module_versions SET archive_sha256 = '{BLOB}'"));
    assert_eq!(report(database).await.len(), 2);

    database.write(|session| versions::set_repaired(session, BLOB)).await;

    for id in [&made.id, &other.id] {
        assert!(!load(database, id).await.is_damaged());
    }
    let id = made.id.to_string();
    let same = database.write(move |session| versions::set_uploaded(session, &id, "key-2", "a")).await;
    assert_eq!(same, Uploaded::Repeated);
}

async fn what_could_not_be_repaired_says_why(database: &Database) {
    let made = has_ingested(database).await;
    let id = made.id.to_string();
    database.write(move |session| versions::set_unrepaired(session, &id, "the commit is gone")).await;
    assert!(!load(database, &made.id).await.is_damaged(), "nobody said that it is damaged");
    report(database).await;

    let id = made.id.to_string();
    database.write(move |session| versions::set_unrepaired(session, &id, "the commit is gone")).await;

    let version = load(database, &made.id).await;
    assert!(version.is_damaged() && version.error_message.unwrap().ends_with("the commit is gone"));
}

async fn a_blob_of_nobody_is_no_damage(database: &Database) {
    let (_, made) = has_uploaded(database).await;

    assert!(database.write(|session| versions::report_damaged(session, "other")).await.is_empty());

    assert!(!load(database, &made.id).await.is_damaged());
}

async fn a_new_upload_replaces_a_damaged_one_while_it_may(database: &Database) {
    let (_, made) = has_uploaded(database).await;
    database.execute("UPDATE module_versions SET sealed_at = NULL");
    report(database).await;

    let id = made.id.to_string();
    database.write(move |session| versions::set_uploaded(session, &id, "key-2", "b")).await;

    let version = load(database, &made.id).await;
    assert_eq!((version.status, version.error_message), (VersionStatus::Pending, None));
    let due = database.read(|session| jobs::list_due(session, JobKind::IngestUpload, 10)).await;
    assert_eq!(due.len(), 1);
}
