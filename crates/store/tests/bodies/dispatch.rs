//! What the broker is told, and when.

use std::collections::BTreeMap;

use store::{
    Connection,
    jobs::{self, Due, NewJob},
};

use super::{
    database::Database,
    fixtures::{KIND, claim_due, claimed, due, job},
};

for_each_database! { the_window_is_never_exceeded scopes_take_turns what_was_announced_is_not_announced_again
what_nobody_claims_is_announced_again what_was_claimed_meanwhile_is_not_marked
what_was_pulled_to_now_is_announced kinds_have_their_own_windows
a_scope_whose_syncs_hang_holds_only_some_places }

fn announce(session: &mut Connection, window: i64) -> Result<Vec<Due>, domain::Error> {
    let due = jobs::list_due(session, KIND, window)?;
    jobs::set_dispatched(session, &due)?;
    Ok(due)
}

async fn has_jobs(database: &Database, scope: &'static str, count: usize) {
    database
        .write(move |session| {
            (0..count).try_for_each(|n| jobs::enqueue(session, NewJob::new(KIND, format!("{scope}-{n}"), scope)))
        })
        .await;
}

async fn the_window_is_never_exceeded(database: &Database) {
    has_jobs(database, "scope-a", 25).await;

    let first = database.write(|session| announce(session, 10)).await;
    assert_eq!(first.len(), 10);
    assert!(database.write(|session| announce(session, 10)).await.is_empty());

    let ids: Vec<String> = first.iter().take(3).map(|due| due.id.clone()).collect();
    for id in ids {
        database.write(move |session| jobs::claim(session, &id)).await.unwrap();
    }
    let second = database.write(|session| announce(session, 10)).await;
    assert_eq!(second.len(), 3);
    assert!(second.iter().all(|due| !first.contains(due)));
}

async fn scopes_take_turns(database: &Database) {
    has_jobs(database, "large", 40).await;
    has_jobs(database, "small", 2).await;
    has_jobs(database, "middle", 20).await;

    let announced = database.write(|session| announce(session, 12)).await;

    let mut turns: BTreeMap<String, usize> = BTreeMap::new();
    for job in announced {
        let scope = database.lines(&format!("SELECT scope_id AS line FROM jobs WHERE id = '{}'", job.id)).remove(0);
        *turns.entry(scope).or_default() += 1;
    }
    let expected = [("large", 5), ("middle", 5), ("small", 2)];
    assert_eq!(turns, expected.into_iter().map(|(scope, count)| (scope.to_owned(), count)).collect());
}

async fn what_was_announced_is_not_announced_again(database: &Database) {
    has_jobs(database, "scope-a", 1).await;

    assert_eq!(database.write(|session| announce(session, 10)).await.len(), 1);
    assert_eq!(database.write(|session| announce(session, 10)).await.len(), 0);
}

async fn what_nobody_claims_is_announced_again(database: &Database) {
    has_jobs(database, "scope-a", 1).await;
    database.write(|session| announce(session, 10)).await;

    database.execute("UPDATE jobs SET dispatched_at = dispatched_at - 61000");

    assert_eq!(database.write(|session| announce(session, 10)).await.len(), 1);
}

/// A worker is often faster than the note that its job was announced.
async fn what_was_claimed_meanwhile_is_not_marked(database: &Database) {
    has_jobs(database, "scope-a", 1).await;
    let announced = database.read(|session| jobs::list_due(session, KIND, 10)).await;
    let job = database.write(claim_due).await.unwrap();
    database.write(move |session| jobs::fail(session, &job, "why", true, |_| 0)).await;

    database.write(move |session| jobs::set_dispatched(session, &announced)).await;

    assert_eq!(database.read(due).await.len(), 1, "the second attempt is announced at once");
}

async fn what_was_pulled_to_now_is_announced(database: &Database) {
    let first = database.write(|session| claimed(session, "one")).await;
    database.write(move |session| jobs::fail(session, &first, "why", true, |_| 3_600_000)).await;
    assert!(database.write(|session| announce(session, 10)).await.is_empty());

    database.write(|session| jobs::enqueue(session, job("one"))).await;

    assert_eq!(database.write(|session| announce(session, 10)).await.len(), 1);
}

async fn kinds_have_their_own_windows(database: &Database) {
    has_jobs(database, "scope-a", 5).await;
    database.write(|session| announce(session, 5)).await;
    database.write(|session| jobs::enqueue(session, NewJob::new(domain::JobKind::Purge, "one", "scope-a"))).await;

    let due = database.read(|session| jobs::list_due(session, domain::JobKind::Purge, 5)).await;

    assert_eq!(due.len(), 1);
}

async fn a_scope_whose_syncs_hang_holds_only_some_places(database: &Database) {
    let kind = domain::JobKind::SyncRepository;
    let queue = move |session: &mut Connection, scope: &str, count: usize| {
        (0..count).try_for_each(|n| jobs::enqueue(session, NewJob::new(kind, format!("{scope}-{n}"), scope)))
    };
    database.write(move |session| queue(session, "hanging", 20)).await;
    let announced = database.read(move |session| jobs::list_due(session, kind, 100)).await;
    assert_eq!(announced.len(), 6);
    for due in announced {
        database.write(move |session| jobs::claim(session, &due.id)).await.unwrap();
    }

    database.write(move |session| queue(session, "other", 1)).await;
    let next = database.read(move |session| jobs::list_due(session, kind, 100)).await;

    assert_eq!(next.len(), 1, "only the other scope has a place");
}
