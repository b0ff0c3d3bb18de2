//! What becomes of modules and versions, in the words of this API.

use anyhow::{Context, Result};
use serde_json::json;
use test_kit::wait_for;

use crate::world::{World, id};

#[tokio::test]
async fn a_module_without_tags_comes_to_life_with_the_first_one() -> Result<()> {
    let world = World::start().await?;
    let repository = world.registry.repository("terraform-aws-vpc")?;
    repository.commit(&[("main.tf", "# One.\n")])?;

    let begun = world.begin("terraform-aws-vpc", &json!({})).await?;
    assert_eq!(begun["attributes"]["status"], "pending");
    let module = world.settled(id(&begun)).await?;
    assert_eq!(module["attributes"]["status"], "no_version_tags");
    assert!(module["relationships"]["latest-module-version"].is_null());

    repository.tag("v1.0.0")?;
    let answer = world.post(&format!("/modules/{}/actions/resync", id(&module)), &json!({})).await?;
    assert_eq!(answer.status, 204, "{answer:?}");
    world.version_at(id(&module), "1.0.0", "ok").await?;
    assert_eq!(world.settled(id(&module)).await?["attributes"]["status"], "setup_complete");
    Ok(())
}

#[tokio::test]
async fn a_version_goes_with_its_tag_and_says_so_before() -> Result<()> {
    let world = World::start().await?;
    let repository = world.registry.repository("terraform-aws-vpc")?;
    repository.release_three_times()?;
    let module = world.publish("terraform-aws-vpc", &json!({})).await?;
    let resync = format!("/modules/{}/actions/resync", id(&module));

    repository.delete_tag("v1.1.0")?;
    world.post(&resync, &json!({"force": true})).await?;
    world.version_at(id(&module), "1.1.0", "pending_delete").await?;

    // Until it is gone it can be installed.
    assert_eq!(world.registry.api.installable("acme/vpc/aws").await?, ["1.10.0", "1.1.0", "1.0.0"]);
    let versions = format!("/module-versions?filter[module]={}", id(&module));
    let leaving = world.get(&format!("{versions}&filter[status]=pending_delete")).await?;
    assert_eq!(leaving.all("version"), ["1.1.0"]);
    assert_eq!(world.get(&format!("{versions}&filter[status]=ok")).await?.all("version"), ["1.10.0", "1.0.0"]);
    assert_eq!(world.get("/modules?filter[module-versions][status]=pending_delete").await?.all("name"), ["vpc"]);

    // As if it had been gone for long.
    world.registry.ask("UPDATE module_versions SET vanished_at = 1 WHERE vanished_at IS NOT NULL")?;
    world.post(&resync, &json!({})).await?;
    wait_for("the version to go", || async {
        Ok((world.get(&versions).await?.all("version") == ["1.10.0", "1.0.0"]).then_some(()))
    })
    .await
}

#[tokio::test]
async fn what_cannot_be_read_says_why() -> Result<()> {
    let world = World::start().await?;
    let repository = world.registry.repository("terraform-aws-vpc")?;
    repository.commit(&[("README.md", "No configuration.\n")])?;
    repository.tag("v1.0.0")?;

    let module = world.publish("terraform-aws-vpc", &json!({})).await?;
    let missing = world.begin("terraform-aws-missing", &json!({})).await?;
    let missing = wait_for("a repository that is not there", || async {
        let answer = world.get(&format!("/modules/{}", id(&missing))).await?;
        let module = &answer.body["data"];
        Ok((module["attributes"]["status"] == "errored").then_some(module.clone()))
    })
    .await?;

    let version = world.version_at(id(&module), "1.0.0", "errored").await?;
    assert!(version["attributes"]["error-message"].as_str().is_some_and(|text| !text.is_empty()));
    assert!(version["links"]["download"].is_null() && version["attributes"]["inputs"].is_null());
    assert!(missing["attributes"]["error-message"].as_str().is_some_and(|text| !text.is_empty()));
    assert_eq!(world.get("/modules?filter[status]=errored").await?.all("name"), ["missing"]);
    Ok(())
}

#[tokio::test]
async fn a_resync_tries_again_what_failed_and_leaves_the_rest() -> Result<()> {
    let world = World::start().await?;
    let repository = world.registry.repository("terraform-aws-vpc")?;
    repository.commit(&[("README.md", "No configuration.\n")])?;
    repository.tag("v1.0.0")?;
    repository.commit(&[("main.tf", "variable \"name\" {}\n")])?;
    repository.tag("v2.0.0")?;
    let module = world.publish("terraform-aws-vpc", &json!({})).await?;
    let queued = |number| {
        let query = format!("SELECT queued_at, archived_at FROM module_versions WHERE version = '{number}'");
        world.registry.ask(&query)
    };
    let (failed, good) = (queued("1.0.0")?, queued("2.0.0")?);

    world.post(&format!("/modules/{}/actions/resync", id(&module)), &json!({})).await?;

    wait_for("another attempt", || async { Ok((queued("1.0.0")? != failed).then_some(())) }).await?;
    world.version_at(id(&module), "1.0.0", "errored").await?;
    assert_eq!(queued("2.0.0")?, good);
    Ok(())
}

#[tokio::test]
async fn a_version_that_waits_for_its_upload_says_so_and_is_in_no_list_of_modules() -> Result<()> {
    let world = World::start().await?;
    let api = &world.registry.api;
    let body = json!({"data": {"attributes": {"name": "net", "provider": "aws", "registry-name": "private"}}});
    let (_, module) = api.post("/api/v2/organizations/acme/registry-modules", body).await?;
    let body = json!({"data": {"attributes": {"version": "1.0.0"}}});
    let path = "/api/v2/organizations/acme/registry-modules/private/acme/net/aws/versions";
    api.post(path, body).await?;
    let module = module["data"]["id"].as_str().context("no module")?;

    let version = world.version_at(module, "1.0.0", "not_uploaded").await?;

    assert!(version["attributes"]["size"].is_null() && version["relationships"]["vcs-revision"].is_null());
    // Clients read the VCS provider of each without looking whether there is one.
    assert!(world.get("/modules").await?.all("name").is_empty());
    let read = world.get(&format!("/modules/{module}")).await?;
    assert_eq!((read.status.as_u16(), &read.body["data"]["attributes"]["status"]), (200, &json!("pending")));
    for path in [format!("/modules/{module}"), format!("/module-versions/{}", id(&version))] {
        let answer = world.post(&format!("{path}/actions/resync"), &json!({})).await?;
        assert_eq!(answer.status, 422, "{answer:?}");
    }
    Ok(())
}
