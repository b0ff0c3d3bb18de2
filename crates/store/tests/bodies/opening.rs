//! Coming to a database whose schema somebody else takes care of.

use std::thread;

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use domain::Error;
use store::{Store, installation};

use super::{
    database::{Database, Raw},
    schema::columns,
};

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const FIRST: &str = "00000000000001_registry";

for_each_database! { a_schema_of_this_release_is_taken an_empty_database_is_refused an_older_schema_is_refused
a_newer_schema_is_refused of_two_that_migrate_at_once_one_does_it a_migration_that_fails_leaves_nothing
work_within_its_deadline_is_done }

/// Why `connect` and `check_schema` refuse.
async fn refusal(database: &Database) -> String {
    match Store::connect(&database.url, 2).unwrap().check_schema().await {
        Err(Error::Invalid { what, reason }) => format!("{what} {reason}"),
        other => panic!("{other:?}"),
    }
}

fn unmake(database: &Database) {
    match database.raw() {
        Raw::Sqlite(mut session) => drop(session.revert_all_migrations(SQLITE).unwrap()),
        Raw::Postgres(mut session) => drop(session.revert_all_migrations(POSTGRES).unwrap()),
    }
}

/// The migrations of this release, oldest first.
fn all() -> Vec<String> {
    let folders = std::fs::read_dir("../../migrations/sqlite").unwrap();
    let mut names: Vec<String> = folders.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn a_schema_of_this_release_is_taken(database: &Database) {
    let store = Store::connect(&database.url, 2).unwrap();

    store.check_schema().await.unwrap();
    store.ping().await.unwrap();

    store.write(|session| installation::set(session, "key", "value")).await.unwrap();
    assert_eq!(database.count("installation"), 1);
}

async fn an_empty_database_is_refused(database: &Database) {
    unmake(database);
    database.execute("DROP TABLE __diesel_schema_migrations");

    assert_eq!(refusal(database).await, "The database has no tables yet; run `quarry migrate`");
    assert!(columns(database).is_empty(), "looking makes none");
}

async fn an_older_schema_is_refused(database: &Database) {
    unmake(database);

    let refusal = refusal(database).await;

    assert!(refusal.contains("is older") && refusal.contains(FIRST) && refusal.contains("quarry migrate"), "{refusal}");
}

async fn a_newer_schema_is_refused(database: &Database) {
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')");

    let refusal = refusal(database).await;

    assert!(refusal.contains("newer release") && refusal.contains("99999999999999"), "{refusal}");
}

async fn of_two_that_migrate_at_once_one_does_it(database: &Database) {
    unmake(database);
    let migrate = || {
        let url = database.url.clone();
        thread::spawn(move || Store::migrate(&url).unwrap())
    };

    let mut done: Vec<Vec<String>> =
        [migrate(), migrate(), migrate()].into_iter().map(|thread| thread.join().unwrap()).collect();

    done.sort();
    assert_eq!(done, [vec![], vec![], all()]);
    database.store.check_schema().await.unwrap();
}

async fn a_migration_that_fails_leaves_nothing(database: &Database) {
    unmake(database);
    // The last but one that it makes.
    database.execute("CREATE TABLE jobs (other TEXT NOT NULL)");

    let outcome = Store::migrate(&database.url);

    assert!(outcome.is_err());
    assert_eq!(columns(database).into_iter().collect::<Vec<_>>(), ["jobs.other text"]);
    database.execute("DROP TABLE jobs");
    assert_eq!(Store::migrate(&database.url).unwrap(), all());
}

async fn work_within_its_deadline_is_done(database: &Database) {
    let store = database.store.with_deadline(std::time::Duration::from_secs(60));

    store.write(|session| installation::set(session, "key", "value")).await.unwrap();

    let found = store.read(|session| installation::find(session, "key")).await.unwrap();
    assert_eq!(found.as_deref(), Some("value"));
}
