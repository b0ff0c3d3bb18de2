//! When a repository is looked at again.

use domain::Error;
use store::{Connection, repositories};

use super::{
    database::Database,
    fixtures::{repository, scope},
};

for_each_database! { a_repository_that_failed_lately_is_looked_at_sooner }

const INTERVAL: i64 = 600_000;

fn stale(session: &mut Connection) -> Result<usize, Error> {
    repositories::list_stale(session, INTERVAL, 10).map(|stale| stale.len())
}

async fn a_repository_that_failed_lately_is_looked_at_sooner(database: &Database) {
    let made = database
        .write(|session| {
            let scope = scope(session, "acme")?;
            repository(session, &scope.id, "acme/mono")
        })
        .await;
    for (failures, waits) in [(1, 60), (2, 120), (3, 240), (4, 600), (5, 600)] {
        let id = made.id.clone();
        database.write(move |session| repositories::set_failed(session, &id, "no space left")).await;
        for (seconds, expected) in [(waits - 5, 0), (waits + 5, 1)] {
            let ago = format!("UPDATE repositories SET last_synced_at = last_synced_at - {}", seconds * 1000);
            database.execute(&ago);
            assert_eq!(database.read(stale).await, expected, "{seconds} s after failure {failures}");
            database.execute(&ago.replace(" - ", " + "));
        }
    }
}
