//! One installation, one store: neither two databases on one store, nor one database on two stores.

use anyhow::Result;
use test_kit::services::s3_prefix;

use crate::attempt::{Attempt, migrated};

const WITH_BLOBS: [&str; 3] = ["archivist", "ingestor", "parser"];

#[tokio::test]
async fn two_installations_on_one_store_are_refused_and_the_owner_is_named() -> Result<()> {
    let (owner, other) = (migrated()?, migrated()?);
    drop(Attempt::of(&owner, "archivist")?.listens()?);
    let store = &owner.engines().addresses.blobs_url;
    let marker = std::fs::read_to_string(owner.engines().blobs_dir()?.join("installation"))?;
    for role in WITH_BLOBS {
        let said = Attempt::of(&other, role)?.set("QUARRY_BLOBS_URL", store).refusal().await?;

        assert!(said.contains(&format!("it belongs to installation `{marker}`")), "{role}: {said}");
    }
    for role in WITH_BLOBS {
        drop(Attempt::of(&owner, role)?.listens()?);
    }
    Ok(())
}

#[tokio::test]
async fn a_process_that_names_another_store_than_the_others_is_refused() -> Result<()> {
    let cluster = migrated()?;
    drop(Attempt::of(&cluster, "ingestor")?.listens()?);
    for role in WITH_BLOBS {
        let elsewhere = s3_prefix()?;
        let said = Attempt::of(&cluster, role)?.set("QUARRY_BLOBS_URL", &elsewhere).refusal().await?;

        assert!(said.contains("QUARRY_BLOBS_URL names a store that this database never used"), "{role}: {said}");
        let place = elsewhere.rsplit('/').next().unwrap_or_default();
        let marker = test_kit::services::s3_folder()?.join(place).join("installation");
        assert!(!marker.exists(), "{role} made the wrong store its own");
    }
    for role in WITH_BLOBS {
        drop(Attempt::of(&cluster, role)?.listens()?);
    }
    Ok(())
}

#[tokio::test]
async fn processes_that_start_together_on_a_fresh_database_agree_on_one_store() -> Result<()> {
    for _ in 0..3 {
        let cluster = migrated()?;
        let attempts: Vec<_> =
            WITH_BLOBS.iter().chain(&WITH_BLOBS).map(|role| Attempt::of(&cluster, role)).collect::<Result<_>>()?;
        let started = std::thread::scope(|scope| {
            let starting: Vec<_> = attempts.into_iter().map(|it| scope.spawn(|| it.listens())).collect();
            starting.into_iter().map(|it| it.join().expect("it started")).collect::<Result<Vec<_>>>()
        })?;
        for role in &started {
            test_kit::wait_for("readiness", || async { Ok((role.probe("/readyz").await?.0 == 200).then_some(())) })
                .await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_store_of_an_embedded_registry_is_not_taken_either() -> Result<()> {
    let owner = migrated()?;
    drop(Attempt::of(&owner, "archivist")?.listens()?);
    let embedded = Attempt::of(&owner, "serve")?.without("QUARRY_DATABASE_URL").without("QUARRY_BROKER_URL");

    let said = embedded.refusal().await?;

    assert!(said.contains("must be one of its own for each installation"), "{said}");
    Ok(())
}
