//! Dispatcher, broker and worker together, on the database and the broker of the profile.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "jobs/bench.rs"]
mod bench;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use domain::Error;
use job_runner::Outcome;
use store::{
    Notice, installation,
    jobs::{self, FAILED_ATTEMPTS, LOST_ATTEMPTS, NewJob},
    scopes,
};
use tokio::sync::{Semaphore, mpsc};

use bench::{Bench, KIND, Scripted, finished};

fn job(target: &str) -> NewJob {
    NewJob::new(KIND, target, "scope-a")
}

/// A passing failure.
fn unavailable() -> Error {
    Error::unavailable("doing the work", "the world is not ready")
}

#[tokio::test]
async fn a_job_queued_in_a_transaction_runs() {
    let (ran, mut has_run) = mpsc::unbounded_channel();
    let bench = Bench::start(Scripted::new(move |job| {
        let ran = ran.clone();
        async move {
            job.finish(|session| installation::set(session, "result", "there")).await?;
            ran.send(job.job().target.clone()).unwrap();
            Ok(Outcome::Finished)
        }
    }))
    .await;

    bench.enqueue(job("one")).await;

    assert_eq!(has_run.recv().await.as_deref(), Some("one"));
    assert_eq!(bench.remembered("result").await.as_deref(), Some("there"));
    assert_eq!(bench.jobs_left().await, 0);
}

#[tokio::test]
async fn a_job_that_keeps_failing_is_given_up() {
    let (ran, mut has_run) = mpsc::unbounded_channel();
    let mut bench = Bench::start(Scripted::new(move |job| {
        ran.send(job.job().attempt).unwrap();
        async { Err(unavailable()) }
    }))
    .await;

    for attempt in 0..FAILED_ATTEMPTS {
        // After a failure it would wait for its pause; asked for again it is due now.
        bench.enqueue(job("one")).await;
        assert_eq!(bench.next_commit().await, [Notice::JobsDue], "the request");
        assert_eq!(has_run.recv().await, Some(attempt));
        if attempt + 1 < FAILED_ATTEMPTS {
            assert_eq!(bench.next_commit().await, [Notice::JobsDue], "the failure");
        }
    }

    // The scope is what `gave_up` makes: it came with the end of the job, in one commit.
    assert_eq!(bench.next_commit().await, [Notice::JobsDue, Notice::ScopesChanged]);
    let message = bench.given_up().await;
    assert_eq!(message.as_deref(), Some("unavailable while doing the work; the log of the server says more"));
    assert_eq!(bench.jobs_left().await, 0);
}

#[tokio::test]
async fn a_permanent_failure_is_given_up_at_once() {
    let mut bench =
        Bench::start(Scripted::new(|_| async { Err(Error::Refused { reason: "no such tag".to_owned() }) })).await;

    bench.enqueue(job("one")).await;

    assert_eq!(bench.next_commit().await, [Notice::JobsDue]);
    assert_eq!(bench.next_commit().await, [Notice::JobsDue, Notice::ScopesChanged]);
    assert_eq!(bench.given_up().await.as_deref(), Some("no such tag"));
}

#[tokio::test]
async fn a_panic_counts_as_a_failure() {
    let mut bench = Bench::start(Scripted::new(|_| async { panic!("on purpose") })).await;

    bench.enqueue(job("one")).await;

    assert_eq!(bench.next_commit().await, [Notice::JobsDue]);
    assert_eq!(bench.next_commit().await, [Notice::JobsDue, Notice::ScopesChanged]);
    let message = bench.given_up().await;
    assert_eq!(message.as_deref(), Some("failed while running a job; the log of the server says more"));
}

#[tokio::test]
async fn a_request_while_running_has_it_run_again() {
    let (ran, mut has_run) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let open = Arc::clone(&gate);
    let bench = Bench::start(Scripted::new(move |job| {
        ran.send(()).unwrap();
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            finished(&job).await
        }
    }))
    .await;
    bench.enqueue(job("one")).await;
    has_run.recv().await.unwrap();

    bench.enqueue(job("one")).await;
    open.add_permits(1);
    has_run.recv().await.unwrap();
    open.add_permits(1);

    assert_eq!(bench.jobs_left().await, 0);
    assert!(has_run.try_recv().is_err(), "twice, and no more");
}

#[tokio::test]
async fn what_is_under_way_at_the_stop_is_handed_back() {
    let (ran, mut has_run) = mpsc::unbounded_channel();
    let mut bench = Bench::start(Scripted::new(move |job| {
        ran.send(()).unwrap();
        async move {
            while !job.should_hand_back() {
                tokio::task::yield_now().await;
            }
            Ok(Outcome::HandBack)
        }
    }))
    .await;
    bench.enqueue(job("one")).await;
    has_run.recv().await.unwrap();

    bench.stop().await;

    let again = bench
        .store
        .write(|session| {
            // The dispatcher may have announced it before it stopped.
            jobs::free_all_leases(session)?;
            let due = jobs::list_due(session, KIND, 10)?.pop().unwrap();
            jobs::claim(session, &due.id)
        })
        .await
        .unwrap()
        .unwrap();
    assert_eq!((again.attempt, again.lost), (0, 1), "not counted");
}

/// Says so when it is dropped.
struct Dropped(mpsc::UnboundedSender<&'static str>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.send("aborted");
    }
}

#[tokio::test(start_paused = true)]
async fn the_loss_of_the_lease_ends_the_worker_where_it_stands() {
    let (ran, mut has_run) = mpsc::unbounded_channel();
    let mut bench = Bench::start_in_memory(Scripted::new(move |_| {
        ran.send("started").unwrap();
        let dropped = Dropped(ran.clone());
        async move {
            let _dropped = dropped;
            std::future::pending().await
        }
    }));
    bench.enqueue(job("one")).await;
    assert_eq!(has_run.recv().await, Some("started"));

    bench.store.write(|session| jobs::delete_for_target(session, &["one".to_owned()])).await.unwrap();

    assert_eq!(has_run.recv().await, Some("aborted"));
    bench.stop().await;
    assert_eq!(bench.store.read(scope_of_given_up).await.unwrap(), None, "nothing failed");
}

fn scope_of_given_up(session: &mut store::Connection) -> Result<Option<String>, Error> {
    Ok(scopes::find(session, bench::GAVE_UP)?.map(|scope| scope.email))
}

#[tokio::test]
async fn a_write_without_the_lease_changes_nothing() {
    let (ran, mut has_run) = mpsc::unbounded_channel();
    let mut bench = Bench::start(Scripted::new(move |job| {
        let ran = ran.clone();
        async move {
            job.store().write(|session| jobs::delete_for_target(session, &["one".to_owned()])).await?;
            let half = |session: &mut store::Connection| installation::set(session, "half", "state");
            let outcomes = [job.write(half).await, job.write_progress(half).await, job.finish(half).await];
            let is_lost = outcomes.iter().all(|outcome| matches!(outcome, Err(Error::LeaseLost)));
            ran.send(is_lost).unwrap();
            Err(Error::LeaseLost)
        }
    }))
    .await;

    bench.enqueue(job("one")).await;

    assert_eq!(has_run.recv().await, Some(true));
    assert_eq!(bench.remembered("half").await, None);
    bench.stop().await;
    assert_eq!(bench.store.read(scope_of_given_up).await.unwrap(), None);
}

#[tokio::test]
async fn a_backlog_longer_than_the_window_is_worked_off() {
    const JOBS: usize = 1_000;
    let (ran, mut has_run) = mpsc::unbounded_channel();
    let mut bench = Bench::start(Scripted::new(move |job| {
        let ran = ran.clone();
        async move {
            finished(&job).await?;
            ran.send(job.job().target.clone()).unwrap();
            Ok(Outcome::Finished)
        }
    }))
    .await;
    bench.add_worker();

    let all = |session: &mut store::Connection| (0..JOBS).try_for_each(|n| jobs::enqueue(session, job(&n.to_string())));
    bench.store.write(all).await.unwrap();

    let mut seen = BTreeSet::new();
    for _ in 0..JOBS {
        assert!(seen.insert(has_run.recv().await.unwrap()), "each runs once");
    }
    assert_eq!(bench.jobs_left().await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_is_down_only_delays() {
    let (ran, mut has_run) = mpsc::unbounded_channel();
    let bench = Bench::start_in_memory(Scripted::new(move |job| {
        let ran = ran.clone();
        async move {
            finished(&job).await?;
            ran.send(()).unwrap();
            Ok(Outcome::Finished)
        }
    }));
    bench.broker.break_down(3);

    bench.enqueue(job("one")).await;

    has_run.recv().await.unwrap();
    assert_eq!(bench.broker.refusals_left(), 0);
}

#[tokio::test]
async fn a_job_whose_processes_vanish_again_and_again_is_given_up_without_another_try() {
    let mut bench = Bench::new().await;
    let runs = Arc::new(AtomicUsize::new(0));
    bench.enqueue(job("one")).await;
    for _ in 0..LOST_ATTEMPTS {
        let vanish = |session: &mut store::Connection| {
            let due = jobs::list_due(session, KIND, 10)?.pop().unwrap();
            jobs::claim(session, &due.id)?.unwrap();
            jobs::free_all_leases(session)
        };
        bench.store.write(vanish).await.unwrap();
    }
    while bench.has_commit() {}

    let count = Arc::clone(&runs);
    bench.run(Scripted::new(move |job| {
        count.fetch_add(1, Ordering::SeqCst);
        async move { finished(&job).await }
    }));

    assert_eq!(bench.next_commit().await, [Notice::JobsDue, Notice::ScopesChanged]);
    assert_eq!(runs.load(Ordering::SeqCst), 0);
}
