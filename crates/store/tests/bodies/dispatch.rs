//! What the broker is told, and when.

use std::collections::BTreeMap;

use store::{
    Connection,
    jobs::{self, Due, NewJob, Outlook},
};

use super::{
    database::{Database, Raw},
    fixtures::{KIND, claim_due, claimed, due, job},
};

for_each_database! { the_window_is_never_exceeded scopes_take_turns a_window_is_filled_from_scopes_of_any_size what_was_announced_is_not_announced_again
what_nobody_claims_is_announced_again what_could_not_be_announced_is_due_at_once
what_was_claimed_meanwhile_is_not_released what_was_pulled_to_now_is_announced kinds_have_their_own_windows
a_scope_whose_syncs_hang_holds_only_some_places a_window_is_filled_when_half_of_it_is_free
a_look_finds_every_sort_of_due_job what_others_hold_is_not_waited_for }

fn announce(session: &mut Connection, window: i64) -> Result<Vec<Due>, domain::Error> {
    jobs::reserve_due(session, &[KIND], window)
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

/// Many that have one job leave the rest of the window to the one that has many, also while others wait for their time.
async fn a_window_is_filled_from_scopes_of_any_size(database: &Database) {
    has_jobs(database, "large", 40).await;
    for scope in ["one", "two", "three", "four", "five"] {
        has_jobs(database, scope, 1).await;
    }
    for scope in ["later", "much later"] {
        let later = NewJob::new(KIND, scope, scope).after_millis(3_600_000);
        database.write(move |session| jobs::enqueue(session, later)).await;
    }

    assert_eq!(database.write(|session| announce(session, 12)).await.len(), 12);
    assert_eq!(
        database.lines("SELECT DISTINCT scope_id AS line FROM jobs WHERE dispatched_at IS NOT NULL ORDER BY scope_id"),
        ["five", "four", "large", "one", "three", "two"]
    );
}

async fn what_was_announced_is_not_announced_again(database: &Database) {
    has_jobs(database, "scope-a", 1).await;

    assert_eq!(database.write(|session| announce(session, 10)).await.len(), 1);
    assert_eq!(database.write(|session| announce(session, 10)).await.len(), 0);
}

async fn what_nobody_claims_is_announced_again(database: &Database) {
    has_jobs(database, "scope-a", 1).await;
    database.write(|session| announce(session, 10)).await;

    database.execute("UPDATE jobs SET dispatched_at = dispatched_at - 21000");

    assert_eq!(database.write(|session| announce(session, 10)).await.len(), 1);
}

async fn what_could_not_be_announced_is_due_at_once(database: &Database) {
    has_jobs(database, "scope-a", 3).await;
    let reserved = database.write(|session| announce(session, 10)).await;
    assert!(database.read(due).await.is_empty());

    let failed = reserved[1..].to_vec();
    database.write(move |session| jobs::release_due(session, &failed)).await;

    let again = database.write(|session| announce(session, 10)).await;
    assert_eq!(again, reserved[1..]);
}

/// A message may have arrived although its confirmation did not.
async fn what_was_claimed_meanwhile_is_not_released(database: &Database) {
    has_jobs(database, "scope-a", 1).await;
    let reserved = database.write(|session| announce(session, 10)).await;
    let id = reserved[0].id.clone();
    let job = database.write(move |session| jobs::claim(session, &id)).await.unwrap();
    database.write(move |session| jobs::fail(session, &job, "why", true, |_| 0)).await;
    assert_eq!(database.write(|session| announce(session, 10)).await.len(), 1);

    database.write(move |session| jobs::release_due(session, &reserved)).await;

    assert!(database.read(due).await.is_empty(), "the second attempt stays announced");
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

async fn look(database: &Database, window: i64) -> Outlook {
    database.read(move |session| jobs::look(session, window)).await
}

async fn a_window_is_filled_when_half_of_it_is_free(database: &Database) {
    let (empty, full) = (Outlook { kinds: vec![], is_full: false }, Outlook { kinds: vec![], is_full: true });
    assert_eq!(look(database, 10).await, empty);
    has_jobs(database, "scope-a", 25).await;
    let announced = database.write(|session| announce(session, 10)).await;

    for (claimed, job) in announced.iter().enumerate() {
        let expected = if claimed <= 5 { full.clone() } else { Outlook { kinds: vec![KIND], is_full: false } };
        assert_eq!(look(database, 10).await, expected, "{claimed} of 10 are claimed");
        let id = job.id.clone();
        database.write(move |session| jobs::claim(session, &id)).await.unwrap();
    }

    database.write(|session| announce(session, 100)).await;
    assert_eq!(look(database, 10).await, empty, "nothing is due that is not announced");
}

async fn a_look_finds_every_sort_of_due_job(database: &Database) {
    let found = Outlook { kinds: vec![KIND], is_full: false };
    database.write(|session| jobs::enqueue(session, job("later").after_millis(3_600_000))).await;
    assert_eq!(look(database, 10).await.kinds, []);

    database.execute("UPDATE jobs SET run_after = 1");
    assert_eq!(look(database, 10).await, found, "queued");
    database.write(|session| announce(session, 10)).await;
    assert_eq!(look(database, 10).await.kinds, []);
    database.execute("UPDATE jobs SET dispatched_at = dispatched_at - 20001");
    assert_eq!(look(database, 10).await, found, "announced in vain");

    database.write(claim_due).await.unwrap();
    assert_eq!(look(database, 10).await.kinds, []);
    database.execute("UPDATE jobs SET lease_until = 1");
    assert_eq!(look(database, 10).await, found, "left behind");
    assert_eq!(database.write(|session| announce(session, 10)).await.len(), 1);
    assert_eq!(look(database, 10).await.kinds, []);
}

/// A dispatcher that was paused in its transaction holds up nobody; on SQLite there is no such thing.
async fn what_others_hold_is_not_waited_for(database: &Database) {
    has_jobs(database, "scope-a", 3).await;
    let mut other = database.raw();
    if matches!(other, Raw::Postgres(_)) {
        other.execute("BEGIN; UPDATE jobs SET dispatched_at = 1 WHERE target IN ('scope-a-0', 'scope-a-2')");
        assert_eq!(database.write(|session| announce(session, 10)).await.len(), 1);
        other.execute("ROLLBACK");
        assert_eq!(database.write(|session| announce(session, 10)).await.len(), 2);
    }
}
