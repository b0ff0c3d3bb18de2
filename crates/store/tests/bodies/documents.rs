//! Texts: once per distinct content, gone with their last reader.

use domain::Error;
use store::{
    documents::{self, Document, NewPart},
    versions,
};

use super::{
    database::Database,
    fixtures::{acme_network, ok_version, part, version},
};

for_each_database! { equal_texts_are_stored_once a_text_goes_with_its_last_version
parts_are_replaced_as_a_whole a_text_that_vanished_is_a_passing_failure many_parts_are_stored }

async fn equal_texts_are_stored_once(database: &Database) {
    let module = database.write(acme_network).await;
    let parts = database
        .write(move |session| {
            ok_version(session, &module, "1.0.0", "same")?;
            let second = ok_version(session, &module, "1.1.0", "same")?;
            documents::list_parts(session, second.id.as_str())
        })
        .await;

    assert_eq!(database.count("documents"), 1);
    assert_eq!(parts.iter().map(|part| part.docs.as_str()).collect::<Vec<_>>(), ["same"]);
}

async fn a_text_goes_with_its_last_version(database: &Database) {
    let module = database.write(acme_network).await;
    let made = module.clone();
    let (first, second) = database
        .write(move |session| {
            let first = ok_version(session, &made, "1.0.0", "same")?;
            let second = version(session, &made, "1.1.0")?;
            let readme = Document { digest: "digest-of-same".to_owned(), body: None };
            let parts = [NewPart { readme: Some(readme), ..part("", "other") }];
            versions::set_ok(session, &made, second.id.as_str(), "{}", &parts)?;
            Ok((first, second))
        })
        .await;

    let (module, again) = (module.clone(), module);
    database.write(move |session| versions::delete(session, &module, &[first])).await;
    assert_eq!(database.count("documents"), 2, "the second reads it as its README");

    database.write(move |session| versions::delete(session, &again, &[second])).await;
    assert_eq!(database.count("documents"), 0);
}

async fn parts_are_replaced_as_a_whole(database: &Database) {
    let module = database.write(acme_network).await;
    let paths = database
        .write(move |session| {
            let made = ok_version(session, &module, "1.0.0", "old")?;
            documents::set_parts(session, made.id.as_str(), &[part("modules/b", "b"), part("", "new")])?;
            documents::list_parts(session, made.id.as_str())
        })
        .await;

    assert_eq!(paths.iter().map(|part| part.path.as_str()).collect::<Vec<_>>(), ["", "modules/b"]);
}

/// Between the look at what is stored and the write, its last version may have been deleted.
async fn a_text_that_vanished_is_a_passing_failure(database: &Database) {
    let module = database.write(acme_network).await;
    let outcome = database
        .store
        .write(move |session| {
            let made = version(session, &module, "1.0.0")?;
            let docs = Document { digest: "gone".to_owned(), body: None };
            documents::set_parts(session, made.id.as_str(), &[NewPart { docs, ..part("", "") }])
        })
        .await;

    assert!(matches!(outcome, Err(Error::Unavailable { .. })), "{outcome:?}");
}

/// More columns than one statement may have variables: an archive may hold 20,000 files.
async fn many_parts_are_stored(database: &Database) {
    let module = database.write(acme_network).await;
    let stored = database
        .write(move |session| {
            let made = version(session, &module, "1.0.0")?;
            let parts: Vec<NewPart> = (0..20_000).map(|n| part(&format!("modules/{n}"), &n.to_string())).collect();
            documents::set_parts(session, made.id.as_str(), &parts)?;
            documents::list_parts(session, made.id.as_str())
        })
        .await;

    assert_eq!(stored.len(), 20_000);
    assert!(stored.iter().all(|part| part.path.ends_with(&part.docs)));
}
