//! Addresses of modules, and what goes with a module.

use domain::Error;
use store::{
    jobs::{self, NewJob},
    modules::{self, Filter},
    repositories, tombstones,
};

use super::{
    database::Database,
    fixtures::{acme_network, module, ok_version, repository, scope},
};

for_each_database! { an_address_is_taken_once a_module_is_found_by_every_name_of_its_namespace
a_change_moves_the_revision deleting_a_module_leaves_only_tombstones a_repository_goes_with_its_last_module
a_search_takes_wildcards_literally
a_search_folds_ascii_letters_only names_are_ordered_by_their_bytes }

async fn an_address_is_taken_once(database: &Database) {
    database.write(acme_network).await;

    let outcome = database
        .store
        .write(|session| {
            let acme = store::scopes::find(session, "acme")?.unwrap();
            module(session, &acme, "network")
        })
        .await;
    assert!(matches!(outcome, Err(Error::AlreadyExists { .. })), "{outcome:?}");

    database
        .write(|session| {
            let other = scope(session, "other")?;
            module(session, &other, "network")
        })
        .await;
}

async fn a_module_is_found_by_every_name_of_its_namespace(database: &Database) {
    let made = database.write(acme_network).await;
    let id = made.scope_id.clone();
    database.execute(&format!("INSERT INTO scope_names (name_key, scope_id) VALUES ('former', '{id}')"));

    for namespace in ["acme", "ACME", "former", id.as_str()] {
        let namespace = namespace.to_owned();
        let (one, all) = database
            .read(move |session| {
                let (name, provider) = ("network".parse()?, "aws".parse()?);
                let one = modules::find(session, &namespace, &name, &provider)?;
                Ok((one, modules::list_by_name(session, &namespace, &name)?))
            })
            .await;
        assert_eq!(one.map(|module| module.address().to_string()).as_deref(), Some("acme/network/aws"));
        assert_eq!(all.len(), 1);
    }
}

async fn a_change_moves_the_revision(database: &Database) {
    let made = database.write(acme_network).await;

    let changed = made.clone();
    database.write(move |session| modules::touch(session, &changed)).await;

    let after = database.read(move |session| modules::load(session, made.id.as_str())).await;
    assert_eq!(after.revision, made.revision + 1);
}

async fn deleting_a_module_leaves_only_tombstones(database: &Database) {
    let made = database.write(acme_network).await;
    let gone = made.clone();
    database
        .write(move |session| {
            for number in ["1.0.0", "1.1.0"] {
                let version = ok_version(session, &gone, number, "text")?;
                jobs::enqueue(session, NewJob::new(domain::JobKind::ParseVersion, &version.id, "scope-a"))?;
            }
            modules::delete(session, &gone)
        })
        .await;

    for table in ["modules", "module_versions", "version_parts", "documents", "jobs"] {
        assert_eq!(database.count(table), 0, "{table}");
    }
    let left = database.read(move |session| tombstones::list(session, &made)).await;
    let expected = [("1.0.0", "tar-of-1.0.0"), ("1.1.0", "tar-of-1.1.0")];
    assert_eq!(left, expected.into_iter().map(|(number, tar)| (number.into(), Some(tar.into()))).collect());
}

async fn a_repository_goes_with_its_last_module(database: &Database) {
    let (first, second, repository) = database
        .write(|session| {
            let scope = scope(session, "acme")?;
            let made = repository(session, &scope.id, "acme/mono")?;
            let same = repositories::find_or_insert(session, &made.connection_id, "acme/mono", "hook-2")?;
            assert_eq!((&same.id, &same.webhook_uuid), (&made.id, &made.webhook_uuid));
            Ok((module(session, &scope, "one")?, module(session, &scope, "two")?, made))
        })
        .await;
    database.execute(&format!("UPDATE modules SET repository_id = '{}'", repository.id));

    for (module, left) in [(first, 1), (second, 0)] {
        database
            .write(move |session| {
                let module = modules::load(session, module.id.as_str())?;
                modules::delete(session, &module)
            })
            .await;
        assert_eq!(database.count("repositories"), left);
    }
}

async fn a_search_takes_wildcards_literally(database: &Database) {
    database
        .write(|session| {
            let scope = scope(session, "acme")?;
            module(session, &scope, "a_b")?;
            module(session, &scope, "aXb")
        })
        .await;

    for (search, expected) in [("A_B", vec!["a_b"]), ("axb", vec!["aXb"]), ("%", vec![]), ("ACM", vec!["aXb", "a_b"])] {
        let (mut names, total) = search_for(database, search).await;
        names.sort();
        assert_eq!(names, expected, "{search}");
        assert_eq!(total, i64::try_from(expected.len()).unwrap());
    }
}

/// Names in the order in which they are listed, and how many there are.
async fn search_for(database: &Database, search: &str) -> (Vec<String>, i64) {
    let filter = Filter { search: Some(search.to_owned()), ..Filter::default() };
    let (found, total) = database.read(move |session| modules::list(session, &filter, (0, 10))).await;
    (found.iter().map(|module| module.name.to_string()).collect(), total)
}

async fn a_search_folds_ascii_letters_only(database: &Database) {
    database.write(acme_network).await;
    database.execute("UPDATE modules SET description = 'ÄPFEL and Birnen'");

    for (search, expected) in [("BIRNEN", 1), ("Äpfel", 1), ("ÄPFEL", 1), ("äpfel", 0)] {
        assert_eq!(search_for(database, search).await.1, expected, "{search}");
    }
}

async fn names_are_ordered_by_their_bytes(database: &Database) {
    database
        .write(|session| {
            let scope = scope(session, "acme")?;
            ["b", "a-c", "aB", "ab", "B", "a_b"]
                .into_iter()
                .try_for_each(|name| module(session, &scope, name).map(drop))
        })
        .await;

    assert_eq!(search_for(database, "").await.0, ["B", "a-c", "aB", "a_b", "ab", "b"]);
}
