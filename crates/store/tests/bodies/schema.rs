//! The tables: made, unmade, and what `schema.rs` says about them.

use std::collections::BTreeSet;

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use domain::Error;
use store::Store;

use super::database::{Database, Raw};

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

const SQLITE_COLUMNS: &str = "SELECT t.name || '.' || c.name || ' ' || lower(c.type) || \
       CASE WHEN c.\"notnull\" THEN '' ELSE ' null' END || CASE WHEN c.pk > 0 THEN ' key' ELSE '' END AS line \
     FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'";
const POSTGRES_COLUMNS: &str = "SELECT c.table_name || '.' || c.column_name || ' ' || c.data_type || \
       CASE WHEN c.is_nullable = 'NO' THEN '' ELSE ' null' END || CASE WHEN k.column_name IS NULL THEN '' ELSE ' key' END AS line \
     FROM information_schema.columns c LEFT JOIN information_schema.key_column_usage k \
       ON k.table_name = c.table_name AND k.column_name = c.column_name AND k.constraint_name LIKE '%\\_pkey' \
     WHERE c.table_schema = 'public' AND c.table_name NOT LIKE '\\_\\_%'";

for_each_database! { migrations_go_down_and_up_again the_schema_is_that_of_the_migrations
a_database_of_a_newer_release_is_refused opening_again_keeps_what_is_there }

pub(super) fn columns(database: &Database) -> BTreeSet<String> {
    let mut raw = database.raw();
    let sql = match raw {
        Raw::Sqlite(_) => SQLITE_COLUMNS,
        Raw::Postgres(_) => POSTGRES_COLUMNS,
    };
    raw.lines(sql).into_iter().collect()
}

/// As the first release left it; the database must be brought up again.
pub(super) fn back_to_the_first_release(database: &Database) {
    match database.raw() {
        Raw::Sqlite(mut session) => {
            session.revert_all_migrations(SQLITE).unwrap();
            session.run_next_migration(SQLITE).unwrap();
        }
        Raw::Postgres(mut session) => {
            session.revert_all_migrations(POSTGRES).unwrap();
            session.run_next_migration(POSTGRES).unwrap();
        }
    }
}

async fn migrations_go_down_and_up_again(database: &Database) {
    let made = columns(database);

    match database.raw() {
        Raw::Sqlite(mut session) => drop(session.revert_all_migrations(SQLITE).unwrap()),
        Raw::Postgres(mut session) => drop(session.revert_all_migrations(POSTGRES).unwrap()),
    }
    assert_eq!(columns(database), BTreeSet::new());

    Store::open(&database.url).unwrap();
    assert_eq!(columns(database), made);
}

async fn the_schema_is_that_of_the_migrations(database: &Database) {
    assert_eq!(declared(include_str!("../../src/schema.rs")), columns(database));
}

/// The lines that a database with exactly these tables would give.
fn declared(schema: &str) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for table in schema.split("diesel::table! {").skip(1) {
        let (head, body) = table.split_once('{').unwrap();
        let (name, keys) = head.trim().trim_end_matches(')').split_once(" (").unwrap();
        for column in body.split('}').next().unwrap().split(',').map(str::trim).filter(|column| !column.is_empty()) {
            let (column, kind) = column.split_once(" -> ").unwrap();
            let (kind, null) = match kind.strip_prefix("Nullable<") {
                Some(inner) => (inner.trim_end_matches('>'), " null"),
                None => (kind, ""),
            };
            let kind = match kind {
                "Bool" => "boolean".to_owned(),
                other => other.to_lowercase(),
            };
            let key = if keys.split(", ").any(|key| key == column) { " key" } else { "" };
            lines.insert(format!("{name}.{column} {kind}{null}{key}"));
        }
    }
    lines
}

async fn a_database_of_a_newer_release_is_refused(database: &Database) {
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')");

    let refused = Store::open(&database.url).map(drop);

    assert!(matches!(refused, Err(Error::Invalid { reason, .. }) if reason.contains("99999999999999")));
}

async fn opening_again_keeps_what_is_there(database: &Database) {
    database.write(|session| store::installation::set(session, "identity", "this one")).await;

    let again = Store::open(&database.url).unwrap();

    let found = again.read(|session| store::installation::find(session, "identity")).await.unwrap();
    assert_eq!(found.as_deref(), Some("this one"));
}

#[test]
fn both_databases_have_the_same_tables() {
    let statements = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("--"));
        lines.map(|line| line.replace(" COLLATE \"C\"", "")).collect()
    };
    let is_text = |line: &&str| line.contains(" TEXT") && !line.trim_start().starts_with("--");
    for folder in std::fs::read_dir("../../migrations/postgres").unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        for file in ["up.sql", "down.sql"] {
            let read =
                |database| std::fs::read_to_string(format!("../../migrations/{database}/{name}/{file}")).unwrap();
            let (postgres, sqlite) = (read("postgres"), read("sqlite"));

            assert_eq!(statements(&postgres), statements(&sqlite), "{name}/{file}");
            for line in postgres.lines().filter(is_text) {
                assert!(line.contains(" TEXT COLLATE \"C\""), "{name}/{file} is not ordered as on SQLite: {line}");
            }
        }
    }
}
