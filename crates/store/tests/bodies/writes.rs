//! `Store::write`: all or nothing for each caller, and who hears of it when.

use std::sync::{Arc, Mutex, mpsc};

use domain::Error;
use store::{Notice, installation, jobs};

use super::{database::Database, fixtures::job};

for_each_database! { callers_that_wait_together_fail_apart a_panic_harms_nobody_else
listeners_hear_after_the_commit_and_before_the_caller_goes_on what_failed_is_told_to_nobody
a_caller_that_went_away_is_committed_whole a_taken_name_leaves_the_others_alone
all_who_ask_at_once_get_the_same_identity a_read_at_once_sees_one_state }

/// Writes that are all waiting when the first is let go. Every third fails, every fifth panics.
async fn callers_that_wait_together_fail_apart(database: &Database) {
    let (started, has_started) = tokio::sync::oneshot::channel();
    let (go, gate) = mpsc::channel::<()>();
    let store = database.store.clone();
    let first = tokio::spawn(async move {
        let wait = move |_: &mut store::Connection| {
            let _ = started.send(());
            gate.recv().map_err(|source| Error::internal("waiting", source))
        };
        store.write(wait).await
    });
    has_started.await.unwrap();
    let mut waiting = tokio::task::JoinSet::new();
    for n in 0..40 {
        let store = database.store.clone();
        waiting.spawn(async move {
            let outcome = store
                .write(move |session| {
                    installation::set(session, &format!("key {n}"), "value")?;
                    assert!(n % 5 != 0, "on purpose");
                    if n % 3 == 0 { Err(Error::not_found("It")) } else { Ok(()) }
                })
                .await;
            (n, outcome)
        });
    }
    tokio::task::yield_now().await;

    go.send(()).unwrap();
    first.await.unwrap().unwrap();
    for (n, outcome) in waiting.join_all().await {
        let is_right = match outcome {
            Err(Error::Internal { .. }) => n % 5 == 0,
            Err(Error::NotFound { .. }) => n % 3 == 0,
            outcome => outcome.is_ok() && n % 5 != 0 && n % 3 != 0,
        };
        assert!(is_right, "{n}");
    }

    let kept = (0..40).filter(|n| n % 5 != 0 && n % 3 != 0).count();
    assert_eq!(database.count("installation"), kept);
}

async fn a_panic_harms_nobody_else(database: &Database) {
    let outcome = database
        .store
        .write(|session| {
            jobs::enqueue(session, job("one"))?;
            if true {
                panic!("on purpose")
            }
            Ok(())
        })
        .await;

    assert!(matches!(outcome, Err(Error::Internal { .. })), "{outcome:?}");
    assert_eq!(database.count("jobs"), 0);
    database.write(|session| jobs::enqueue(session, job("one"))).await;
    assert_eq!(database.count("jobs"), 1);
}

async fn listeners_hear_after_the_commit_and_before_the_caller_goes_on(database: &Database) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (hear, raw) = (Arc::clone(&heard), Mutex::new(database.raw()));
    database.store.set_listeners(vec![Box::new(move |notices: &[Notice]| {
        let committed = raw.lock().unwrap().lines("SELECT target AS line FROM jobs");
        hear.lock().unwrap().push((notices.to_vec(), committed));
    })]);

    database.write(|session| jobs::enqueue(session, job("one"))).await;

    assert_eq!(*heard.lock().unwrap(), [(vec![Notice::JobsDue], vec!["one".to_owned()])]);
}

async fn what_failed_is_told_to_nobody(database: &Database) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = Arc::clone(&heard);
    database
        .store
        .set_listeners(vec![Box::new(move |notices: &[Notice]| hear.lock().unwrap().extend(notices.to_vec()))]);

    let failed = database
        .store
        .write(|session| {
            jobs::enqueue(session, job("one"))?;
            Err::<(), _>(Error::LeaseLost)
        })
        .await;
    assert!(failed.is_err());
    database.write(|session| installation::set(session, "quiet", "change")).await;

    assert_eq!(*heard.lock().unwrap(), []);
}

async fn a_caller_that_went_away_is_committed_whole(database: &Database) {
    let (started, has_started) = tokio::sync::oneshot::channel();
    let (go, gate) = mpsc::channel::<()>();
    let store = database.store.clone();
    let caller = tokio::spawn(async move {
        let run = move |session: &mut store::Connection| {
            installation::set(session, "first", "half")?;
            let _ = started.send(());
            gate.recv().map_err(|source| Error::internal("waiting", source))?;
            installation::set(session, "second", "half")
        };
        store.write(run).await
    });
    has_started.await.unwrap();

    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    go.send(()).unwrap();
    // On SQLite writes follow each other; on PostgreSQL the row is locked until the first has committed.
    database.write(|session| installation::set(session, "first", "again")).await;

    assert_eq!(
        database.lines("SELECT key || ' ' || value AS line FROM installation ORDER BY key"),
        ["first again", "second half"]
    );
}

async fn a_taken_name_leaves_the_others_alone(database: &Database) {
    let mut makers = tokio::task::JoinSet::new();
    for n in 0..12 {
        let store = database.store.clone();
        makers.spawn(async move {
            store
                .write(move |session| {
                    installation::set(session, &format!("key {n}"), "value")?;
                    super::fixtures::scope(session, &format!("name-{}", n % 4))
                })
                .await
        });
    }

    let made = makers.join_all().await.into_iter().filter(Result::is_ok).count();

    assert_eq!(made, 4);
    assert_eq!(database.count("installation"), 4);
}

async fn all_who_ask_at_once_get_the_same_identity(database: &Database) {
    let mut askers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = database.store.clone();
        askers.spawn(async move { store.write(installation::find_or_make_id).await.unwrap() });
    }

    let mut ids = askers.join_all().await;
    ids.dedup();

    assert_eq!(ids.len(), 1, "{ids:?}");
    assert!(ids[0].len() >= 16);
    assert_eq!(database.write(installation::find_or_make_id).await, ids[0]);
}

async fn a_read_at_once_sees_one_state(database: &Database) {
    let set = |value: &'static str| database.write(move |session| installation::set(session, "key", value));
    set("former").await;
    let (seen, has_seen) = tokio::sync::oneshot::channel();
    let (go, gate) = mpsc::channel::<()>();
    let store = database.store.clone();
    let reading = tokio::spawn(async move {
        let twice = move |session: &mut store::Connection| {
            let before = installation::find(session, "key")?;
            let _ = seen.send(());
            gate.recv().map_err(|source| Error::internal("waiting", source))?;
            Ok((before, installation::find(session, "key")?))
        };
        store.read_at_once(twice).await
    });
    has_seen.await.unwrap();
    set("new").await;
    go.send(()).unwrap();

    let (before, after) = reading.await.unwrap().unwrap();

    assert_eq!((before.as_deref(), after.as_deref()), (Some("former"), Some("former")));
    assert_eq!(database.read(|session| installation::find(session, "key")).await.as_deref(), Some("new"));
}
