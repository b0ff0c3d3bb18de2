//! Versions: unique, listed by number, deleted with a mark.

use domain::{Error, Stage, VersionStatus};
use store::{blob_references, tombstones, versions};

use super::{
    database::Database,
    fixtures::{acme_network, ok_version, version},
};

for_each_database! { a_number_is_taken_once versions_are_listed_newest_first what_is_ok_stays_ok
deleting_a_version_leaves_a_tombstone deleting_a_version_condemns_its_blob sealing_is_news_once }

async fn a_number_is_taken_once(database: &Database) {
    let module = database.write(acme_network).await;
    let outcome = database
        .store
        .write(move |session| {
            version(session, &module, "1.0.0")?;
            version(session, &module, "1.0.0")
        })
        .await;

    assert!(matches!(outcome, Err(Error::AlreadyExists { what }) if what == "Version 1.0.0"));
    assert_eq!(database.count("module_versions"), 0);
}

async fn versions_are_listed_newest_first(database: &Database) {
    let module = database.write(acme_network).await;
    let listed = database
        .write(move |session| {
            for number in ["1.9.0", "1.10.0", "2.0.0-rc.1", "2.0.0-rc.10", "2.0.0-rc.2", "0.1.0"] {
                ok_version(session, &module, number, "text")?;
            }
            let all = versions::list(session, module.id.as_str())?;
            let numbers = versions::list_installable_numbers(session, module.id.as_str())?;
            Ok((all.into_iter().map(|version| version.version).collect::<Vec<_>>(), numbers))
        })
        .await;

    let (all, mut numbers) = listed;
    let text: Vec<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!(text, ["2.0.0-rc.10", "2.0.0-rc.2", "2.0.0-rc.1", "1.10.0", "1.9.0", "0.1.0"]);
    numbers.reverse();
    assert_eq!(numbers, all);
}

async fn what_is_ok_stays_ok(database: &Database) {
    let module = database.write(acme_network).await;

    let (ok, other) = database
        .write(move |session| {
            let (ok, other) = (ok_version(session, &module, "1.0.0", "text")?, version(session, &module, "1.1.0")?);
            versions::set_errored(session, ok.id.as_str(), Stage::Content, "late")?;
            versions::set_errored(session, other.id.as_str(), Stage::Content, "bad")?;
            Ok((versions::load(session, ok.id.as_str())?, versions::load(session, other.id.as_str())?))
        })
        .await;

    assert_eq!((ok.status, ok.error_message), (VersionStatus::Ok, None));
    assert_eq!((other.status, other.error_message.as_deref()), (VersionStatus::Errored, Some("bad")));
}

async fn deleting_a_version_leaves_a_tombstone(database: &Database) {
    let module = database.write(acme_network).await;
    let deleted = module.clone();
    database
        .write(move |session| {
            let made = ok_version(session, &deleted, "1.0.0", "text")?;
            versions::delete(session, &deleted, &[made])?;
            // What comes back without content, and goes again, leaves the mark as it is.
            let bare = version(session, &deleted, "1.0.0")?;
            versions::delete(session, &deleted, &[bare])
        })
        .await;

    let left = database.read(move |session| tombstones::list(session, &module)).await;
    assert_eq!(left.into_iter().collect::<Vec<_>>(), [("1.0.0".to_owned(), Some("tar-of-1.0.0".to_owned()))]);
    assert_eq!(database.count("module_versions"), 0);
}

async fn deleting_a_version_condemns_its_blob(database: &Database) {
    let module = database.write(acme_network).await;
    database
        .write(move |session| {
            let made = ok_version(session, &module, "1.0.0", "text")?;
            let shared = ok_version(session, &module, "1.1.0", "text")?;
            let needs = |id: &str, blob: &str| (id.to_owned(), blob.to_owned());
            blob_references::insert(session, &[needs(made.id.as_str(), "own"), needs(made.id.as_str(), "shared")])?;
            blob_references::insert(session, &[needs(shared.id.as_str(), "shared")])?;
            versions::delete(session, &module, &[made])
        })
        .await;

    assert_eq!(database.lines("SELECT sha256 AS line FROM condemned_blobs"), ["own"]);
    assert_eq!(database.lines("SELECT kind || ' ' || target AS line FROM jobs"), ["purge own"]);
}

async fn sealing_is_news_once(database: &Database) {
    let module = database.write(acme_network).await;

    let news = database
        .write(move |session| {
            let (ok, waits) = (ok_version(session, &module, "1.0.0", "text")?, version(session, &module, "1.1.0")?);
            let seal = |session: &mut store::Connection, id: &str| versions::seal(session, id);
            Ok([seal(session, ok.id.as_str())?, seal(session, ok.id.as_str())?, seal(session, waits.id.as_str())?])
        })
        .await;

    assert_eq!(news, [true, false, false]);
}
