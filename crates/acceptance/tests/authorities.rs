//! A Git host whose certificate only an authority of the house has signed.

#[expect(dead_code, reason = "the tests of the clients need more of it")]
#[path = "clients/front.rs"]
mod front;

use anyhow::{Context, Result};
use serde_json::json;
use test_kit::{Api, Registry};

use crate::front::Front;

/// Publishes a repository through `front`; the module once nothing is under way any more.
async fn publish(registry: &Registry, front: &Front) -> Result<serde_json::Value> {
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.release_three_times()?;
    front.pass_on_to(&registry.git.url());
    let connection = registry.api.connect("acme", &front.url(), None).await?;
    let module = registry.api.publish("acme", &connection, "terraform-aws-vpc", json!({})).await?;
    registry.api.settled(module["id"].as_str().context("no id")?).await
}

#[tokio::test]
async fn a_host_is_trusted_by_the_authorities_of_the_settings() -> Result<()> {
    let front = Front::start_secure().await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("authorities.pem");
    std::fs::write(&file, front.certificate.as_deref().context("not secure")?)?;
    let file = file.to_str().context("a path that is not text")?;
    let registry = Registry::start_with(&[("QUARRY_VCS_AUTHORITIES", file)]).await?;

    let module = publish(&registry, &front).await?;

    assert_eq!(Api::version_statuses(&module).len(), 3, "{module}");
    assert!(front.count("GET /terraform-aws-vpc.git/info/refs") > 0);
    Ok(())
}

#[tokio::test]
async fn a_host_that_nobody_vouches_for_is_refused_and_says_what_to_set() -> Result<()> {
    let front = Front::start_secure().await?;
    let registry = Registry::start().await?;

    let module = publish(&registry, &front).await?;

    let message = module["attributes"]["error-message"].as_str().unwrap_or_default();
    assert!(message.contains("QUARRY_VCS_AUTHORITIES"), "{module}");
    Ok(())
}
