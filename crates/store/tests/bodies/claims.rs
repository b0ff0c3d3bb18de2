//! Claims, leases and fences.

use domain::Error;
use store::{
    Connection,
    jobs::{self, ClaimedJob},
};

use super::{
    database::Database,
    fixtures::{claim_due, claimed, due, job},
};

for_each_database! { one_of_many_claims_a_job what_is_not_due_is_not_claimed
what_is_finished_or_unknown_is_not_claimed a_held_lease_is_not_claimed
a_lease_that_ran_out_is_claimed_with_a_higher_epoch a_lost_lease_changes_nothing
a_renewal_holds_the_lease a_failure_in_the_transaction_takes_the_claim_back freeing_all_leases_makes_all_due }

async fn one_of_many_claims_a_job(database: &Database) {
    database.write(|session| jobs::enqueue(session, job("one"))).await;
    let id = database.read(due).await.remove(0);
    let mut claims = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (store, id) = (database.store.clone(), id.clone());
        claims.spawn(async move { store.write(move |session| jobs::claim(session, &id)).await.unwrap() });
    }

    let claimed: Vec<ClaimedJob> = claims.join_all().await.into_iter().flatten().collect();

    assert_eq!(claimed.len(), 1);
    assert_eq!((claimed[0].epoch, claimed[0].lost, claimed[0].attempt), (1, 1, 0));
}

async fn what_is_not_due_is_not_claimed(database: &Database) {
    database.write(|session| jobs::enqueue(session, job("one").after_millis(3_600_000))).await;
    let id = database.lines("SELECT id AS line FROM jobs").remove(0);

    let claim = database.write(move |session| jobs::claim(session, &id)).await;

    assert!(claim.is_none());
    assert_eq!(database.lines("SELECT CAST(epoch AS TEXT) AS line FROM jobs"), ["0"]);
}

async fn what_is_finished_or_unknown_is_not_claimed(database: &Database) {
    let job = database.write(|session| claimed(session, "one")).await;
    let id = job.id.clone();
    database.write(move |session| jobs::finish(session, &job)).await;

    assert!(database.write(move |session| jobs::claim(session, &id)).await.is_none());
    assert!(database.write(|session| jobs::claim(session, "job-nobody-knows")).await.is_none());
}

async fn a_held_lease_is_not_claimed(database: &Database) {
    let job = database.write(|session| claimed(session, "one")).await;

    assert!(database.read(due).await.is_empty());
    assert!(database.write(move |session| jobs::claim(session, &job.id)).await.is_none());
}

async fn a_lease_that_ran_out_is_claimed_with_a_higher_epoch(database: &Database) {
    let first = database.write(|session| claimed(session, "one")).await;
    database.execute("UPDATE jobs SET lease_until = 0");

    let second = database.write(claim_due).await.unwrap();

    assert_eq!(second.id, first.id);
    assert_eq!((second.epoch, second.lost, second.attempt), (first.epoch + 1, 2, 0));
}

async fn a_lost_lease_changes_nothing(database: &Database) {
    type Step = fn(&mut Connection, &ClaimedJob) -> Result<(), Error>;
    let steps: [Step; 6] = [
        jobs::renew,
        jobs::progress,
        jobs::finish,
        |session, job| jobs::hand_back(session, job, 0),
        |session, job| jobs::fail(session, job, "late", true, |_| 0).map(drop),
        |session, job| {
            jobs::renew(session, job)?;
            store::installation::set(session, "half", "state")
        },
    ];
    let late = database.write(|session| claimed(session, "one")).await;
    database.execute("UPDATE jobs SET lease_until = 0");
    database.write(claim_due).await.unwrap();
    let rows = "SELECT state || attempt || ' ' || lost || ' ' || epoch || ' ' || lease_until || ' ' || run_after AS line \
                FROM jobs";
    let before = database.lines(rows);

    for step in steps {
        let late = late.clone();
        let outcome = database.store.write(move |session| step(session, &late)).await;
        assert!(matches!(outcome, Err(Error::LeaseLost)), "{outcome:?}");
    }

    assert_eq!(database.lines(rows), before);
    assert_eq!(database.count("installation"), 0);
}

async fn a_renewal_holds_the_lease(database: &Database) {
    let job = database.write(|session| claimed(session, "one")).await;
    database.execute("UPDATE jobs SET lease_until = 0");

    let renewed = job.clone();
    database.write(move |session| jobs::renew(session, &renewed)).await;

    assert!(database.read(due).await.is_empty());
    assert!(database.write(move |session| jobs::claim(session, &job.id)).await.is_none());
}

async fn a_failure_in_the_transaction_takes_the_claim_back(database: &Database) {
    database.write(|session| jobs::enqueue(session, job("one"))).await;

    let outcome = database
        .store
        .write(|session| {
            claim_due(session)?;
            Err::<(), _>(Error::LeaseLost)
        })
        .await;

    assert!(outcome.is_err());
    assert_eq!(database.write(claim_due).await.unwrap().epoch, 1);
}

async fn freeing_all_leases_makes_all_due(database: &Database) {
    let running = database.write(|session| claimed(session, "running")).await;
    database.write(|session| jobs::enqueue(session, job("announced"))).await;
    database.write(|session| jobs::reserve_due(session, &[super::fixtures::KIND], 10)).await;
    database.write(|session| jobs::enqueue(session, job("later").after_millis(3_600_000))).await;
    assert!(database.read(due).await.is_empty());

    let freed = database.write(jobs::free_all_leases).await;

    assert_eq!(freed, 1);
    assert_eq!(database.read(due).await.len(), 2);
    let again = database.write(move |session| jobs::claim(session, &running.id)).await.unwrap();
    assert_eq!(again.lost, 2, "the process that ran it vanished");
}
