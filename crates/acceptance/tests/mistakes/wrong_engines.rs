//! Engines that answer, and refuse. What can never work ends the process; what may have been changed meanwhile by
//! somebody else, such as rights and passwords of a database or a bucket, is waited for and said in the log.

use anyhow::Result;
use test_kit::services::{Database, Postgres};
use test_kit::wait_for;

use crate::attempt::{Attempt, ROLES, migrated};
use crate::careless_store;

const SECRET: &str = "hunter2";

/// A role that cannot begin: it says why in its log, without secrets, and is alive but not ready.
async fn waits_and_says(attempt: Attempt, missing: &str, reasons: &[&str]) -> Result<()> {
    let role = attempt.listens()?;
    let outcome = wait_for("the reason", || async {
        let said = role.said();
        Ok(reasons.iter().all(|reason| said.contains(reason)).then_some(()))
    })
    .await;
    assert!(outcome.is_ok(), "not all of {reasons:?} are in {}", role.said());
    assert!(!role.said().contains(SECRET), "a secret is in {}", role.said());
    assert_eq!(role.probe("/healthz").await?.0, 200, "a restart would not help");
    let (status, text) = role.probe("/readyz").await?;
    assert_eq!(status, 503, "{text}: {}", role.said());
    assert!(text.contains(missing), "{text}");
    assert!(!text.contains(SECRET), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_of_the_database_is_named_and_not_shown() -> Result<()> {
    const REASON: &str = "password authentication failed for user";
    let folder = tempfile::tempdir()?;
    let rules = folder.path().join("hba");
    std::fs::write(&rules, "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n")?;
    let server = Postgres::start_with(&folder.path().join("postgres"), &[("hba_file", &rules.display().to_string())])?;
    let database = Database::create_at(&server.url())?;
    database.ask("CREATE ROLE quarry LOGIN PASSWORD 'another one'")?;
    let wrong = database.url().replace("postgres@", &format!("quarry:{SECRET}@"));
    let cluster = migrated()?;
    let wrongly = |role| Ok::<_, anyhow::Error>(Attempt::of(&cluster, role)?.set("QUARRY_DATABASE_URL", &wrong));

    for role in ["gateway", "ingestor", "parser"] {
        waits_and_says(wrongly(role)?, "the database", &[REASON]).await?;
    }
    let archivist = wrongly("archivist")?.listens()?;
    assert!(archivist.said().contains(REASON), "{}", archivist.said());
    assert!(!archivist.said().contains(SECRET), "{}", archivist.said());
    let said = wrongly("migrate")?.refusal().await?;
    assert!(said.contains(REASON), "{said}");
    assert!(!said.contains(SECRET), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_and_a_missing_virtual_host_of_the_broker_are_told_apart() -> Result<()> {
    let cluster = migrated()?;
    let right = &cluster.engines().addresses.broker_url;
    let name = cluster.engines().virtual_host.name();
    let (password, host) = (right.replace("guest:guest@", &format!("guest:{SECRET}@")), right.replace(name, "nowhere"));
    assert!(password != *right && host != *right, "{right}");
    for role in ROLES {
        for (url, reason) in [
            (&password, "the password of user \"guest\" is wrong, or there is no such user"),
            (&host, "the virtual host does not exist, or user \"guest\" may not use it"),
        ] {
            let said = Attempt::of(&cluster, role)?.set("QUARRY_BROKER_URL", url).refusal().await?;

            assert!(said.contains("QUARRY_BROKER_URL is refused by amqp://127.0.0.1"), "{role}: {said}");
            assert!(said.contains(reason), "{role}: {said}");
            assert!(!said.contains(SECRET), "{role}: {said}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_missing_bucket_is_named() -> Result<()> {
    let cluster = migrated()?;
    for role in ["archivist", "ingestor", "parser"] {
        let attempt = Attempt::of(&cluster, role)?.set("QUARRY_BLOBS_URL", "s3://no-such-bucket/quarry");
        let reasons = ["404 NoSuchBucket", "Look at the address of the blobs, whose bucket must exist"];
        waits_and_says(attempt, "the store of blobs", &reasons).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_secret_of_the_store_is_named_and_not_shown() -> Result<()> {
    let cluster = migrated()?;
    for role in ["archivist", "ingestor", "parser"] {
        let attempt = Attempt::of(&cluster, role)?.set("AWS_SECRET_ACCESS_KEY", SECRET);
        let reasons = ["SignatureDoesNotMatch", "Look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"];
        waits_and_says(attempt, "the store of blobs", &reasons).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_store_that_ignores_conditional_puts_is_refused() -> Result<()> {
    let cluster = migrated()?;
    let endpoint = careless_store::start()?;
    for role in ["archivist", "ingestor", "parser"] {
        let said = Attempt::of(&cluster, role)?.set("AWS_ENDPOINT_URL", &endpoint).refusal().await?;
        assert!(said.contains("must support conditional puts (If-None-Match)"), "{role}: {said}");
    }
    // In the embedded mode as well.
    let said = Attempt::of(&cluster, "serve")?
        .without("QUARRY_DATABASE_URL")
        .without("QUARRY_BROKER_URL")
        .set("AWS_ENDPOINT_URL", &endpoint)
        .refusal()
        .await?;
    assert!(said.contains("QUARRY_BLOBS_URL") && said.contains("must support conditional puts"), "{said}");
    Ok(())
}
