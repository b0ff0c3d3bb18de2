//! Queueing: beside the change, and once.

use domain::{Error, JobKind};
use store::jobs::{self, NewJob, args};

use super::{
    database::Database,
    fixtures::{KIND, claim_due, claimed, due, job},
};

for_each_database! { a_target_has_one_active_job_of_a_kind a_second_request_merges_its_flags
a_second_request_pulls_a_waiting_job_to_now a_later_second_request_pulls_nothing
a_request_while_running_has_it_run_again a_later_request_while_running_keeps_its_time
a_request_before_the_claim_is_covered_by_it a_rolled_back_transaction_leaves_no_job
many_requests_at_once_make_one_job deleting_a_target_deletes_its_jobs a_dead_job_does_not_stand_in_the_way }

async fn a_target_has_one_active_job_of_a_kind(database: &Database) {
    database
        .write(|session| {
            jobs::enqueue(session, job("one"))?;
            jobs::enqueue(session, job("one"))?;
            jobs::enqueue(session, job("two"))?;
            jobs::enqueue(session, NewJob::new(JobKind::Purge, "one", "scope-a"))
        })
        .await;

    assert_eq!(database.read(due).await.len(), 2);
    assert_eq!(database.count("jobs"), 3);
}

async fn a_second_request_merges_its_flags(database: &Database) {
    database
        .write(|session| {
            jobs::enqueue(session, job("one").with_args(args::FORCE))?;
            jobs::enqueue(session, job("one").with_args(args::EXPLICIT))?;
            jobs::enqueue(session, job("one"))
        })
        .await;

    let job = database.write(claim_due).await.unwrap();
    assert_eq!(job.args, args::FORCE | args::EXPLICIT);
}

async fn a_second_request_pulls_a_waiting_job_to_now(database: &Database) {
    database.write(|session| jobs::enqueue(session, job("one").after_millis(3_600_000))).await;
    assert!(database.read(due).await.is_empty());

    database.write(|session| jobs::enqueue(session, job("one"))).await;

    assert_eq!(database.read(due).await.len(), 1);
}

async fn a_later_second_request_pulls_nothing(database: &Database) {
    database.write(|session| jobs::enqueue(session, job("one"))).await;

    database.write(|session| jobs::enqueue(session, job("one").after_millis(3_600_000))).await;

    assert_eq!(database.read(due).await.len(), 1);
}

async fn a_request_while_running_has_it_run_again(database: &Database) {
    let first = database.write(|session| claimed(session, "one")).await;
    database.execute("UPDATE jobs SET attempt = 3");
    database.write(|session| jobs::enqueue(session, job("one").with_args(args::FORCE))).await;
    assert!(database.read(due).await.is_empty(), "it runs");

    database.write(move |session| jobs::finish(session, &first)).await;

    let again = database.write(claim_due).await.unwrap();
    assert_eq!((again.attempt, again.lost, again.args), (0, 1, args::FORCE));
    database.write(move |session| jobs::finish(session, &again)).await;
    assert_eq!(database.count("jobs"), 0);
}

async fn a_later_request_while_running_keeps_its_time(database: &Database) {
    let first = database.write(|session| claimed(session, "one")).await;
    database.write(|session| jobs::enqueue(session, job("one").after_millis(3_600_000))).await;

    database.write(move |session| jobs::finish(session, &first)).await;

    assert_eq!(database.count("jobs"), 1);
    assert!(database.read(due).await.is_empty());
}

async fn a_request_before_the_claim_is_covered_by_it(database: &Database) {
    let lost = database.write(|session| claimed(session, "one")).await;
    database.write(|session| jobs::enqueue(session, job("one"))).await;
    database.execute("UPDATE jobs SET lease_until = 0");

    let second = database.write(claim_due).await.unwrap();
    database.write(move |session| jobs::finish(session, &second)).await;

    assert_eq!(second_run_of(&lost.id, database), Vec::<String>::new());
}

fn second_run_of(id: &str, database: &Database) -> Vec<String> {
    database.lines(&format!("SELECT state AS line FROM jobs WHERE id = '{id}'"))
}

async fn a_rolled_back_transaction_leaves_no_job(database: &Database) {
    let outcome = database
        .store
        .write(|session| {
            jobs::enqueue(session, job("one"))?;
            Err::<(), _>(Error::not_found("What the job is about"))
        })
        .await;

    assert!(matches!(outcome, Err(Error::NotFound { .. })));
    assert_eq!(database.count("jobs"), 0);
}

async fn many_requests_at_once_make_one_job(database: &Database) {
    let mut requests = tokio::task::JoinSet::new();
    for flag in 0..16 {
        let store = database.store.clone();
        requests.spawn(async move {
            store.write(move |session| jobs::enqueue(session, job("one").with_args(1 << flag))).await
        });
    }

    requests.join_all().await.into_iter().for_each(Result::unwrap);

    let job = database.write(claim_due).await.unwrap();
    assert_eq!(job.args, 0xffff);
}

async fn deleting_a_target_deletes_its_jobs(database: &Database) {
    let running = database.write(|session| claimed(session, "one")).await;
    database
        .write(|session| {
            jobs::enqueue(session, NewJob::new(JobKind::IngestVersion, "one", "scope-a"))?;
            jobs::enqueue(session, job("two"))
        })
        .await;

    database.write(|session| jobs::delete_for_target(session, &["one".to_owned()])).await;

    assert_eq!(database.lines("SELECT target AS line FROM jobs"), ["two"]);
    let renewed = database.store.write(move |session| jobs::renew(session, &running)).await;
    assert!(matches!(renewed, Err(Error::LeaseLost)));
}

async fn a_dead_job_does_not_stand_in_the_way(database: &Database) {
    let first = database.write(|session| claimed(session, "one")).await;
    database.write(move |session| jobs::fail(session, &first, "for good", false, |_| 0)).await;

    database.write(|session| jobs::enqueue(session, job("one"))).await;

    assert_eq!(database.count("jobs"), 2);
    let second = database.write(claim_due).await.unwrap();
    assert_eq!((second.kind, second.attempt), (KIND, 0));
}
