//! A database of one test, and a second way into it that knows nothing of the store.

use diesel::{
    Connection as _, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection,
    sql_query, sql_types::Text,
};
use domain::Error;
use store::{Connection, Store};
use tempfile::TempDir;

/// Empty, migrated, and gone with the test.
pub(crate) struct Database {
    pub(crate) store: Store,
    pub(crate) url: String,
    place: Place,
}

enum Place {
    Directory(TempDir),
    Server { url: String, name: String },
}

/// A session of the test's own.
pub(crate) enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Database {
    /// On the PostgreSQL server with this URL, or else in a SQLite file.
    pub(crate) fn open(server: Option<String>) -> Self {
        let (url, place) = match server {
            Some(server) => make_on(server),
            None => {
                let directory = tempfile::tempdir().unwrap();
                let url = format!("sqlite://{}", directory.path().join("quarry.db").display());
                (url, Place::Directory(directory))
            }
        };
        Self { store: Store::open(&url).unwrap(), url, place }
    }

    pub(crate) fn raw(&self) -> Raw {
        match &self.place {
            Place::Directory(directory) => {
                let path = directory.path().join("quarry.db");
                let mut session = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
                session.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
                Raw::Sqlite(session)
            }
            Place::Server { .. } => Raw::Postgres(PgConnection::establish(&self.url).unwrap()),
        }
    }

    /// Statements that the store has no word for: the clock moves, a process dies.
    pub(crate) fn execute(&self, sql: &str) {
        self.raw().execute(sql);
    }

    /// The first column, which must be called `line` and be text, of every row.
    pub(crate) fn lines(&self, sql: &str) -> Vec<String> {
        self.raw().lines(sql)
    }

    pub(crate) fn count(&self, table: &str) -> usize {
        self.lines(&format!("SELECT 'row' AS line FROM {table}")).len()
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        run: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> T {
        self.store.write(run).await.unwrap()
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        run: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> T {
        self.store.read(run).await.unwrap()
    }
}

impl Raw {
    pub(crate) fn execute(&mut self, sql: &str) {
        match self {
            Self::Sqlite(session) => session.batch_execute(sql),
            Self::Postgres(session) => session.batch_execute(sql),
        }
        .unwrap();
    }

    pub(crate) fn lines(&mut self, sql: &str) -> Vec<String> {
        let rows: Vec<Line> = match self {
            Self::Sqlite(session) => sql_query(sql).load(session),
            Self::Postgres(session) => sql_query(sql).load(session),
        }
        .unwrap();
        rows.into_iter().map(|row| row.line).collect()
    }
}

fn make_on(server: String) -> (String, Place) {
    let name = domain::Id::<domain::kinds::Job>::random().to_string();
    PgConnection::establish(&server).unwrap().batch_execute(&format!("CREATE DATABASE \"{name}\"")).unwrap();
    let (address, query) = server.split_once('?').unwrap_or((&server, ""));
    let (host, _) = address.rsplit_once('/').expect("a URL that ends in the name of a database");
    (format!("{host}/{name}?{query}"), Place::Server { url: server, name })
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Place::Server { url, name } = &self.place
            && let Ok(mut admin) = PgConnection::establish(url)
        {
            // What stays behind is on a server for tests.
            let _ = admin.batch_execute(&format!("DROP DATABASE \"{name}\" WITH (FORCE)"));
        }
    }
}
