//! A database that is not the one of these keys, or not of this release.

use anyhow::Result;

use crate::attempt::{Attempt, ROLES, migrated};
use test_kit::Cluster;
use test_kit::cluster::Plan;

const NEWEST: &str = "99990101000000";

/// What `quarry keys new` would print for this name, of another installation.
fn foreign(name: &str) -> Result<String> {
    Ok(Cluster::prepare(Plan::default())?.key(name)?.to_owned())
}

#[tokio::test]
async fn keys_of_another_installation_are_refused_by_everyone_who_has_them() -> Result<()> {
    let cluster = migrated()?;
    // The first gateway leaves a proof of its link keys.
    drop(Attempt::of(&cluster, "gateway")?.listens()?);
    for (name, roles, reason) in [
        ("QUARRY_SEAL_KEYS", ["gateway", "ingestor", "migrate"].as_slice(), "are not the keys of this database"),
        ("QUARRY_TOKEN_KEY", &["gateway", "migrate"], "is not the key of this database"),
        ("QUARRY_LINK_KEYS", &["gateway", "archivist"], "do not hold the key that makes the links"),
    ] {
        let key = foreign(name)?;
        for role in roles {
            let said = Attempt::of(&cluster, role)?.set(name, &key).refusal().await?;

            assert!(said.contains(&format!("{name} {reason}")), "{role}: {said}");
            assert!(!said.contains(&key) && !said.contains(cluster.key(name)?), "{role}: a key is in {said}");
        }
    }
    for role in ROLES {
        drop(Attempt::of(&cluster, role)?.listens()?);
    }
    Ok(())
}

#[tokio::test]
async fn two_gateways_with_different_link_keys_do_not_both_start() -> Result<()> {
    let cluster = migrated()?;
    let first = Attempt::of(&cluster, "gateway")?.listens()?;

    let said = Attempt::of(&cluster, "gateway")?.set("QUARRY_LINK_KEYS", &foreign("QUARRY_LINK_KEYS")?);
    let said = said.refusal().await?;

    assert!(said.contains("quarry keys rotate link --step prepare"), "{said}");
    assert_eq!(first.probe("/readyz").await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn a_database_that_nobody_migrated_is_refused_and_stays_empty() -> Result<()> {
    let cluster = Cluster::prepare(Plan::default())?;
    for role in ROLES {
        let said = Attempt::of(&cluster, role)?.refusal().await?;
        assert!(said.contains("The database has no tables yet; run `quarry migrate`"), "{role}: {said}");
    }
    let rewrap = cluster.command(&["keys", "rewrap"])?.output()?;
    assert!(!rewrap.status.success());
    assert!(String::from_utf8(rewrap.stderr)?.contains("run `quarry migrate`"));
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(cluster.engines().database.ask(tables)?, "0");
    Ok(())
}

#[tokio::test]
async fn a_database_of_a_newer_release_is_refused_also_by_migrate() -> Result<()> {
    let cluster = migrated()?;
    cluster.engines().database.ask(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{NEWEST}')"))?;
    for role in ROLES.into_iter().chain(["migrate"]) {
        let said = Attempt::of(&cluster, role)?.refusal().await?;
        assert!(said.contains(&format!("was made by a newer release (it has migration {NEWEST})")), "{role}: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn a_database_of_an_older_release_is_refused() -> Result<()> {
    let cluster = migrated()?;
    let newest = "DELETE FROM __diesel_schema_migrations WHERE version = \
                  (SELECT max(version) FROM __diesel_schema_migrations)";
    cluster.engines().database.ask(newest)?;
    for role in ROLES {
        let said = Attempt::of(&cluster, role)?.refusal().await?;
        assert!(said.contains("is older than this release"), "{role}: {said}");
        assert!(said.contains("run `quarry migrate`"), "{role}: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn a_database_that_was_migrated_and_not_set_up_is_refused() -> Result<()> {
    let cluster = migrated()?;
    cluster.engines().database.ask("DELETE FROM installation")?;
    for role in ROLES {
        let said = Attempt::of(&cluster, role)?.refusal().await?;
        assert!(said.contains("The database was not set up: run `quarry migrate`"), "{role}: {said}");
    }
    Ok(())
}
