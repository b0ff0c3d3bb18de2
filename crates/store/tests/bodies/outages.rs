//! What callers get while PostgreSQL is down, silent, or cut off in the middle of a commit.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use domain::Error;
use store::{Store, installation, jobs};
use tokio::task::JoinSet;

use crate::{
    bodies::{database::Database, fixtures::job},
    proxy::{Commit, Proxy},
};

const DEADLINE: Duration = Duration::from_millis(300);
/// What the machine may be late, when it is busy with other tests.
const LATE: Duration = Duration::from_secs(10);
const SESSIONS: usize = 3;
const CALLERS: usize = 100;

fn is_unavailable<T: std::fmt::Debug>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Unavailable { .. }))
}

/// Accepts, as far as the system does it, and never says a word.
fn silent_server() -> (std::net::TcpListener, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://user:secret@{}/quarry", listener.local_addr().unwrap());
    (listener, url)
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let store = Store::connect("postgres://user:secret@127.0.0.1:1/quarry", 2).unwrap().with_deadline(DEADLINE);
    let begin = Instant::now();

    let outcomes = [store.ping().await, store.check_schema().await];

    assert!(outcomes.iter().all(is_unavailable), "{outcomes:?}");
    assert!(begin.elapsed() < DEADLINE * 2 + LATE);
    assert!(!format!("{outcomes:?}").contains("secret"));
}

#[tokio::test]
async fn a_setting_that_cannot_work_is_named() {
    for (url, expected) in [
        ("postgres://u:secret@127.0.0.1:1/db?sslmod=disable", "sslmod"),
        ("postgres://u:secret@127.0.0.1:1/db?sslmode=sometimes", "sometimes"),
    ] {
        let outcome = Store::connect(url, 2).unwrap().check_schema().await;
        let Err(Error::Invalid { what, reason }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(what, "QUARRY_DATABASE_URL");
        assert!(reason.contains(expected) && !reason.contains("secret"), "{reason}");
    }
}

#[tokio::test]
async fn a_silent_server_holds_nobody_beyond_the_deadline() {
    let (_listener, url) = silent_server();
    let store = Store::connect(&url, 2).unwrap().with_deadline(DEADLINE);
    let begin = Instant::now();

    let outcomes = [
        store.read(|session| installation::find(session, "key")).await.map(drop),
        store.write(|session| installation::set(session, "key", "value")).await,
        store.check_schema().await,
    ];

    assert!(outcomes.iter().all(is_unavailable), "{outcomes:?}");
    assert!(begin.elapsed() < DEADLINE * 3 + LATE, "{:?}", begin.elapsed());
}

/// Threads of this process that have this name.
fn threads_called(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|found| found.trim() == name).count()
}

#[test]
fn threads_do_not_pile_up_behind_a_silent_server() {
    let (_listener, url) = silent_server();
    // Counts the threads of blocking calls: the runtime itself has none.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().thread_name("held-up").build().unwrap();
    let store = Store::connect(&url, u32::try_from(SESSIONS).unwrap()).unwrap().with_deadline(DEADLINE);

    let (outcomes, most) = runtime.block_on(async {
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let store = store.clone();
            callers.spawn(async move { store.ping().await });
        }
        let (mut outcomes, mut most) = (Vec::new(), 0);
        while let Some(outcome) = callers.join_next().await {
            outcomes.push(outcome.unwrap());
            most = most.max(threads_called("held-up"));
        }
        (outcomes, most)
    });
    // Those that connect still do.
    runtime.shutdown_background();

    assert!(outcomes.iter().all(is_unavailable), "{outcomes:?}");
    // Not exactly `SESSIONS`: a place is free a moment before its thread is, and the next caller may meet another one.
    assert!((1..=CALLERS / 4).contains(&most), "{most} threads");
}

#[tokio::test]
async fn a_slow_query_holds_its_session_and_nobody_beyond_the_deadline() {
    let database = Database::open(crate::server());
    let store = Store::connect(&database.url, u32::try_from(SESSIONS).unwrap()).unwrap();
    let mut other = database.raw();
    other.execute("BEGIN; LOCK TABLE installation IN ACCESS EXCLUSIVE MODE");
    let started = Arc::new(AtomicUsize::new(0));

    let (mut callers, begin) = (JoinSet::new(), Instant::now());
    for _ in 0..50 {
        let (store, started) = (store.with_deadline(DEADLINE), Arc::clone(&started));
        callers.spawn(async move {
            store
                .read(move |session| {
                    started.fetch_add(1, Ordering::SeqCst);
                    installation::find(session, "key")
                })
                .await
        });
    }
    let outcomes = callers.join_all().await;

    assert!(outcomes.iter().all(is_unavailable), "{outcomes:?}");
    assert!(begin.elapsed() < DEADLINE + LATE, "{:?}", begin.elapsed());
    assert!(started.load(Ordering::SeqCst) <= SESSIONS, "{started:?}");
    other.execute("COMMIT");
    assert_eq!(store.read(|session| installation::find(session, "key")).await.unwrap(), None);
}

#[tokio::test]
async fn a_write_that_is_late_is_not_committed() {
    let database = Database::open(crate::server());
    let (told, has_ended) = std::sync::mpsc::channel();
    let write = move |session: &mut store::Connection| {
        installation::set(session, "key", "value")?;
        // Until the caller has gone.
        let _ = has_ended.recv();
        Ok(())
    };

    let outcome = database.store.with_deadline(DEADLINE).write(write).await;
    told.send(()).unwrap();

    assert!(is_unavailable(&outcome), "{outcome:?}");
    // Waits for the row that the late one has written.
    database.write(|session| installation::set(session, "key", "other")).await;
    assert_eq!(database.lines("SELECT value AS line FROM installation"), ["other"]);
}

#[tokio::test]
async fn a_commit_of_unknown_outcome_can_be_tried_again() {
    let database = Database::open(crate::server());
    let proxy = Proxy::start(&database.url).await;
    let store = Store::connect(&proxy.url, 2).unwrap();
    for (commit, committed) in [(Commit::CutBefore, 0), (Commit::CutAfter, 1)] {
        database.execute("DELETE FROM jobs");
        proxy.plan(commit);

        let outcome = store.write(|session| jobs::enqueue(session, job("one"))).await;
        assert!(is_unavailable(&outcome), "{commit:?}: {outcome:?}");
        assert_eq!(database.count("jobs"), committed, "{commit:?}");

        store.write(|session| jobs::enqueue(session, job("one"))).await.unwrap();
        assert_eq!(database.count("jobs"), 1, "{commit:?}");
    }
}

/// A worker that does not know whether it finished its job reports a failure next: it must not undo anything.
#[tokio::test]
async fn a_job_whose_end_is_unknown_is_done_or_comes_back() {
    let database = Database::open(crate::server());
    let proxy = Proxy::start(&database.url).await;
    let store = Store::connect(&proxy.url, 2).unwrap();
    for (commit, left) in [(Commit::CutBefore, "queued"), (Commit::CutAfter, "gone")] {
        let claimed = database.write(|session| crate::bodies::fixtures::claimed(session, "one")).await;
        proxy.plan(commit);

        let finished = claimed.clone();
        let outcome = store.write(move |session| jobs::finish(session, &finished)).await;
        assert!(is_unavailable(&outcome), "{commit:?}: {outcome:?}");
        let reported = store.write(move |session| jobs::fail(session, &claimed, "unknown", true, |_| 0)).await;

        let expected = if left == "gone" { matches!(reported, Err(Error::LeaseLost)) } else { reported.is_ok() };
        assert!(expected, "{commit:?}: {reported:?}");
        assert_eq!(database.count("jobs"), usize::from(left == "queued"), "{commit:?}");
        database.execute("DELETE FROM jobs");
    }
}

#[tokio::test]
async fn a_commit_that_hangs_holds_nobody_beyond_the_deadline() {
    let database = Database::open(crate::server());
    let proxy = Proxy::start(&database.url).await;
    let store = Store::connect(&proxy.url, 2).unwrap().with_deadline(DEADLINE + LATE);
    store.ping().await.unwrap();
    proxy.plan(Commit::Hangs);
    let begin = Instant::now();

    let outcome = store.with_deadline(DEADLINE).write(|session| installation::set(session, "key", "value")).await;

    assert!(is_unavailable(&outcome), "{outcome:?}");
    assert!(begin.elapsed() < DEADLINE + LATE, "{:?}", begin.elapsed());
    let found = store.read(|session| installation::find(session, "key")).await.unwrap();
    assert_eq!(found.as_deref(), Some("value"), "others go on");
}
