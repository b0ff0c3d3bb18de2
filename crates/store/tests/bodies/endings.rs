//! How attempts end, and what is counted.

use domain::Error;
use store::{
    Connection,
    jobs::{self, ClaimedJob, FAILED_ATTEMPTS, Failure, LOST_ATTEMPTS},
};

use super::{
    database::Database,
    fixtures::{claim_due, claimed, due, job},
};

for_each_database! { finishing_removes_the_job the_fifth_failure_is_the_last a_permanent_failure_is_the_last
a_failure_pauses_the_job progress_forgets_failures what_is_handed_back_is_due_and_not_counted
handing_back_after_progress_keeps_it_forgotten lost_attempts_are_counted_apart
too_many_lost_attempts_end_with_the_next_failure a_request_while_running_outlives_the_last_failure
old_dead_jobs_are_deleted }

const DAY: i64 = 24 * 60 * 60 * 1000;

fn fail(session: &mut Connection, job: &ClaimedJob, transient: bool) -> Result<Failure, Error> {
    jobs::fail(session, job, "why", transient, |_| 0)
}

fn states(database: &Database) -> Vec<String> {
    database.lines("SELECT state || ' ' || attempt || ' ' || lost AS line FROM jobs ORDER BY created_at, state")
}

async fn finishing_removes_the_job(database: &Database) {
    let job = database.write(|session| claimed(session, "one")).await;

    database.write(move |session| jobs::finish(session, &job)).await;

    assert_eq!(database.count("jobs"), 0);
}

async fn the_fifth_failure_is_the_last(database: &Database) {
    database.write(|session| jobs::enqueue(session, job("one"))).await;

    let mut outcomes = Vec::new();
    while let Some(job) = database.write(claim_due).await {
        outcomes.push(database.write(move |session| fail(session, &job, true)).await);
    }

    assert_eq!(outcomes.len(), usize::try_from(FAILED_ATTEMPTS).unwrap());
    assert_eq!(outcomes.pop(), Some(Failure::GivenUp));
    assert!(outcomes.iter().all(|outcome| *outcome == Failure::Again));
    assert_eq!(states(database), ["dead 5 0"]);
    assert_eq!(database.lines("SELECT last_error AS line FROM jobs"), ["why"]);
}

async fn a_permanent_failure_is_the_last(database: &Database) {
    let job = database.write(|session| claimed(session, "one")).await;

    let outcome = database.write(move |session| fail(session, &job, false)).await;

    assert_eq!(outcome, Failure::GivenUp);
    assert_eq!(states(database), ["dead 1 0"]);
    assert!(database.read(due).await.is_empty());
}

async fn a_failure_pauses_the_job(database: &Database) {
    let job = database.write(|session| claimed(session, "one")).await;

    database
        .write(move |session| {
            jobs::fail(session, &job, "why", true, |attempt| {
                assert_eq!(attempt, 1);
                3_600_000
            })
        })
        .await;

    assert_eq!(states(database), ["queued 1 0"]);
    assert!(database.read(due).await.is_empty());
}

async fn progress_forgets_failures(database: &Database) {
    let first = database.write(|session| claimed(session, "one")).await;
    database.write(move |session| fail(session, &first, true)).await;
    let second = database.write(claim_due).await.unwrap();
    assert_eq!(second.attempt, 1);

    database
        .write(move |session| {
            jobs::progress(session, &second)?;
            fail(session, &second, true)
        })
        .await;

    assert_eq!(states(database), ["queued 1 0"]);
}

async fn what_is_handed_back_is_due_and_not_counted(database: &Database) {
    let first = database.write(|session| claimed(session, "one")).await;

    database.write(move |session| jobs::hand_back(session, &first, 0)).await;

    assert_eq!(states(database), ["queued 0 0"]);
    assert_eq!(database.write(claim_due).await.unwrap().lost, 1);
}

async fn handing_back_after_progress_keeps_it_forgotten(database: &Database) {
    database.write(|session| jobs::enqueue(session, job("one"))).await;
    database.execute("UPDATE jobs SET lost = 7, attempt = 3");
    let job = database.write(claim_due).await.unwrap();
    assert_eq!((job.lost, job.attempt), (8, 3));

    database
        .write(move |session| {
            jobs::progress(session, &job)?;
            jobs::hand_back(session, &job, 0)
        })
        .await;

    assert_eq!(states(database), ["queued 0 0"]);
}

async fn lost_attempts_are_counted_apart(database: &Database) {
    database.write(|session| claimed(session, "one")).await;
    for _ in 0..9 {
        database.execute("UPDATE jobs SET lease_until = 0");
        database.write(claim_due).await.unwrap();
    }
    database.execute("UPDATE jobs SET lease_until = 0");
    let tenth = database.write(claim_due).await.unwrap();
    assert_eq!((tenth.attempt, tenth.lost), (0, 11));

    let outcome = database.write(move |session| fail(session, &tenth, true)).await;

    assert_eq!(outcome, Failure::Again);
    assert_eq!(states(database), ["queued 1 10"]);
}

async fn too_many_lost_attempts_end_with_the_next_failure(database: &Database) {
    database.write(|session| jobs::enqueue(session, job("one"))).await;
    database.execute(&format!("UPDATE jobs SET lost = {LOST_ATTEMPTS}"));
    let job = database.write(claim_due).await.unwrap();
    assert!(job.lost > LOST_ATTEMPTS);

    let outcome = database.write(move |session| fail(session, &job, true)).await;

    assert_eq!(outcome, Failure::GivenUp);
}

async fn a_request_while_running_outlives_the_last_failure(database: &Database) {
    let first = database.write(|session| claimed(session, "one")).await;
    database.write(|session| jobs::enqueue(session, job("one"))).await;

    let outcome = database.write(move |session| fail(session, &first, false)).await;

    assert_eq!(outcome, Failure::GivenUp);
    let mut all = states(database);
    all.sort();
    assert_eq!(all, ["dead 1 0", "queued 0 0"]);
    let second = database.write(claim_due).await.unwrap();
    assert_eq!((second.target.as_str(), second.scope.as_str()), ("one", "scope-a"));
}

async fn old_dead_jobs_are_deleted(database: &Database) {
    for (target, days) in [("old", 31), ("young", 29)] {
        let job = database.write(move |session| claimed(session, target)).await;
        database.write(move |session| fail(session, &job, false)).await;
        let age = days * DAY;
        database.execute(&format!("UPDATE jobs SET run_after = run_after - {age} WHERE target = '{target}'"));
    }
    database.write(|session| jobs::enqueue(session, job("waits"))).await;
    database.execute("UPDATE jobs SET run_after = 0 WHERE target = 'waits'");

    let deleted = database
        .write(|session| {
            let before = store::now(session)? - 30 * DAY;
            jobs::delete_dead_before(session, before)
        })
        .await;

    assert_eq!(deleted, 1);
    let mut left = database.lines("SELECT target AS line FROM jobs");
    left.sort();
    assert_eq!(left, ["waits", "young"]);
}
