//! Settings that change what clients see.

use anyhow::{Context, Result};
use test_kit::{Api, Registry};

const MAIN: &str = "variable \"name\" {}\n";

#[tokio::test]
async fn uploads_and_downloads_may_have_an_address_of_their_own() -> Result<()> {
    let registry = Registry::start_with(&[("QUARRY_ARCHIVIST_LISTEN", "127.0.0.1:0")]).await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.commit(&[("main.tf", MAIN)])?;
    repository.tag("v1.0.0")?;
    registry.publish("terraform-aws-vpc").await?;

    let location = registry.api.location("acme/vpc/aws", "1.0.0").await?;
    let package = registry.api.package("acme/vpc/aws", "1.0.0").await?;

    assert_eq!(package.paths()?, ["main.tf"]);
    let (_, path) = location.split_once("/v1/object/").context("no object in the location")?;
    let (status, _) = registry.api.get(&format!("/v1/object/{path}")).await.unwrap_or_default();
    assert_eq!(status, 404, "the gateway's address serves objects as well: {location}");
    Ok(())
}

#[tokio::test]
async fn a_lower_limit_is_kept_and_named() -> Result<()> {
    let registry = Registry::start_with(&[("QUARRY_MAX_ENTRIES", "3")]).await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.commit(&[("main.tf", MAIN)])?;
    repository.tag("v1.0.0")?;
    repository.commit(&[("a.tf", MAIN), ("b.tf", MAIN), ("c.tf", MAIN)])?;
    repository.tag("v1.1.0")?;

    let module = registry.publish("terraform-aws-vpc").await?;

    assert_eq!(Api::version_statuses(&module), ["1.1.0 clone_failed", "1.0.0 ok"]);
    assert!(Api::version_error(&module, "1.1.0").contains('3'), "{module}");
    Ok(())
}
