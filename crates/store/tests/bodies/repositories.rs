//! When a repository is looked at again.

use domain::Error;
use store::{Connection, repositories};

use super::{
    database::Database,
    fixtures::{repository, scope},
};

for_each_database! { a_repository_that_failed_lately_is_looked_at_sooner_and_a_broken_one_later }

const INTERVAL: i64 = 600_000;

fn stale(session: &mut Connection) -> Result<usize, Error> {
    repositories::list_stale(session, INTERVAL, 10).map(|stale| stale.len())
}

async fn a_repository_that_failed_lately_is_looked_at_sooner_and_a_broken_one_later(database: &Database) {
    let made = database
        .write(|session| {
            let scope = scope(session, "acme")?;
            repository(session, &scope.id, "acme/mono")
        })
        .await;
    // From the fourth on with the jitter of a tenth; one interval more each time, and never more than six.
    let waits = [(1, 60, 60), (2, 120, 120), (3, 240, 240), (4, 540, 660), (5, 1_080, 1_320), (6, 1_620, 1_980)];
    let longest = [(7, 2_160, 2_640), (8, 2_700, 3_300), (9, 3_240, 3_960), (10, 3_240, 3_960)];
    for (failures, least, most) in waits.into_iter().chain(longest) {
        let id = made.id.clone();
        database.write(move |session| repositories::set_failed(session, &id, "no space left")).await;
        for (seconds, expected) in [(least - 5, 0), (most + 5, 1)] {
            let ago = format!("UPDATE repositories SET last_synced_at = last_synced_at - {}", seconds * 1000);
            database.execute(&ago);
            assert_eq!(database.read(stale).await, expected, "{seconds} s after failure {failures}");
            database.execute(&ago.replace(" - ", " + "));
        }
    }
}
