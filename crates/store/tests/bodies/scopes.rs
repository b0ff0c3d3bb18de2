//! Names of scopes.

use domain::Error;
use store::scopes;

use super::{database::Database, fixtures::scope};

for_each_database! { a_name_is_taken_in_any_case_of_letters a_scope_is_found_by_name_and_by_id
a_former_name_resolves_until_it_is_taken one_of_many_gets_a_name the_id_of_one_is_no_name_for_another }

async fn has_renamed(database: &Database, from: &str, to: &str) {
    let (from, to) = (from.to_owned(), to.to_owned());
    database
        .write(move |session| {
            let made = scope(session, &from)?;
            scopes::rename(session, &made, &to.parse()?)
        })
        .await;
}

async fn find(database: &Database, name: &str) -> Option<String> {
    let name = name.to_owned();
    database.read(move |session| scopes::find(session, &name)).await.map(|scope| scope.name.to_string())
}

async fn a_name_is_taken_in_any_case_of_letters(database: &Database) {
    database.write(|session| scope(session, "Acme")).await;

    for name in ["Acme", "acme", "ACME"] {
        let outcome = database.store.write(move |session| scope(session, name)).await;
        assert!(matches!(outcome, Err(Error::AlreadyExists { .. })), "{outcome:?}");
    }
    assert_eq!(database.count("scopes"), 1);
}

async fn a_scope_is_found_by_name_and_by_id(database: &Database) {
    let made = database.write(|session| scope(session, "Acme")).await;

    assert_eq!(find(database, "aCME").await.as_deref(), Some("Acme"));
    assert_eq!(find(database, made.id.as_str()).await.as_deref(), Some("Acme"));
    assert_eq!(find(database, &made.id.as_str().to_lowercase()).await, None, "ids are exact");
    assert_eq!(find(database, "other").await, None);
}

async fn a_former_name_resolves_until_it_is_taken(database: &Database) {
    has_renamed(database, "old", "new").await;
    assert_eq!(find(database, "OLD").await.as_deref(), Some("new"));
    assert_eq!(find(database, "new").await.as_deref(), Some("new"));

    database.write(|session| scope(session, "Old")).await;

    assert_eq!(find(database, "old").await.as_deref(), Some("Old"));
    assert_eq!(find(database, "new").await.as_deref(), Some("new"));
}

async fn one_of_many_gets_a_name(database: &Database) {
    let mut makers = tokio::task::JoinSet::new();
    for name in ["acme", "Acme", "ACME", "aCmE", "acME", "ACme"] {
        let store = database.store.clone();
        makers.spawn(async move { store.write(move |session| scope(session, name)).await.is_ok() });
    }

    let made = makers.join_all().await.into_iter().filter(|made| *made).count();

    assert_eq!(made, 1);
    assert_eq!(database.count("scopes"), 1);
}

async fn the_id_of_one_is_no_name_for_another(database: &Database) {
    let (acme, other) = database.write(|session| Ok((scope(session, "acme")?, scope(session, "other")?))).await;
    for name in [acme.id.to_string(), acme.id.as_str().to_ascii_uppercase().replace("ORG-", "org-")] {
        let (taken, other) = (name.clone(), other.clone());
        let made = database.store.write(move |session| scope(session, &taken)).await;
        assert!(matches!(made, Err(Error::AlreadyExists { .. })), "{made:?}");
        let renamed = database.store.write(move |session| scopes::rename(session, &other, &name.parse()?)).await;
        assert!(matches!(renamed, Err(Error::AlreadyExists { .. })), "{renamed:?}");
    }
}
