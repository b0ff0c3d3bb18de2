//! Tags that come, move, collide and go, and versions that are deleted.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use test_kit::{Api, Registry, wait_for};

const VPC: &str = "acme/vpc/aws";
const MAIN: &str = "variable \"name\" {}\n";
const PART: &str = "variable \"size\" {}\n";

async fn read_version(api: &Api, module: &str, version: &str) -> Result<Value> {
    let path = format!("/api/v2/organizations/acme/registry-modules/private/{module}/version?module_version={version}");
    let (status, mut answer) = api.get(&path).await?;
    anyhow::ensure!(status == 200, "{status} {answer}");
    Ok(answer["data"].take())
}

async fn delete_version(api: &Api, module: &str, version: &str) -> Result<()> {
    let status = api.delete(&format!("/api/v2/organizations/acme/registry-modules/private/{module}/{version}")).await?;
    anyhow::ensure!(status == 204, "{status}");
    Ok(())
}

fn id_of(module: &Value) -> &str {
    module["id"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_new_tag_appears_after_a_resync() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.release_three_times()?;
    let module = registry.publish("terraform-aws-vpc").await?;
    assert_eq!(registry.api.installable(VPC).await?.len(), 3);
    repository.commit(&[("new.tf", "variable \"new\" {}\n")])?;
    repository.tag("v2.0.0-rc.1")?;
    repository.tag("v1.11.0")?;

    let module = registry.api.look_again(id_of(&module), false).await?;

    assert_eq!(Api::version_statuses(&module)[..2], ["2.0.0-rc.1 ok", "1.11.0 ok"]);
    assert_eq!(registry.api.installable(VPC).await?[..2], ["2.0.0-rc.1", "1.11.0"]);
    let (_, latest) = registry.api.get("/api/registry/v1/modules/acme/vpc/aws").await?;
    assert_eq!(latest["version"], "1.11.0", "a pre-release is not the latest");
    Ok(())
}

#[tokio::test]
async fn a_new_tag_is_found_without_being_told() -> Result<()> {
    let registry = Registry::start_with(&[("QUARRY_RECONCILE_SECONDS", "1")]).await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.release_three_times()?;
    registry.publish("terraform-aws-vpc").await?;

    repository.tag("v3.0.0")?;

    wait_for("the new version", || async {
        Ok((registry.api.installable(VPC).await?.first().is_some_and(|it| it == "3.0.0")).then_some(()))
    })
    .await
}

#[tokio::test]
async fn a_published_version_keeps_its_bytes_when_its_tag_moves() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    let first = repository.commit(&[("main.tf", MAIN)])?;
    repository.tag("v1.0.0")?;
    let module = registry.publish("terraform-aws-vpc").await?;
    let before = registry.api.package(VPC, "1.0.0").await?;
    let second = repository.commit(&[("main.tf", "# Something else.\n")])?;
    repository.tag("v1.0.0")?;

    for force in [false, true] {
        let module = registry.api.look_again(id_of(&module), force).await?;

        assert_eq!(Api::version_statuses(&module), ["1.0.0 ok"]);
        let version = read_version(&registry.api, VPC, "1.0.0").await?;
        assert_eq!(version["attributes"]["moved-to"], second.as_str());
        assert_eq!(version["attributes"]["commit-sha"], first.as_str());
        assert_eq!(registry.api.package(VPC, "1.0.0").await?.bytes, before.bytes);
    }

    repository.tag_at("v1.0.0", &first)?;
    registry.api.look_again(id_of(&module), false).await?;
    let version = read_version(&registry.api, VPC, "1.0.0").await?;
    assert!(version["attributes"]["moved-to"].is_null(), "it is back: {version}");
    Ok(())
}

#[tokio::test]
async fn a_version_stays_when_its_tag_is_deleted() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.release_three_times()?;
    let module = registry.publish("terraform-aws-vpc").await?;
    let before = registry.api.package(VPC, "1.1.0").await?;

    repository.delete_tag("v1.1.0")?;
    let module = registry.api.look_again(id_of(&module), false).await?;

    assert_eq!(Api::version_statuses(&module), ["1.10.0 ok", "1.1.0 ok", "1.0.0 ok"]);
    assert_eq!(registry.api.package(VPC, "1.1.0").await?.bytes, before.bytes);
    Ok(())
}

#[tokio::test]
async fn an_annotated_tag_stands_for_its_commit() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    let commit = repository.commit(&[("main.tf", MAIN)])?;
    repository.annotated_tag("v1.0.0")?;

    let module = registry.publish("terraform-aws-vpc").await?;

    assert_eq!(Api::version_statuses(&module), ["1.0.0 ok"]);
    let version = read_version(&registry.api, VPC, "1.0.0").await?;
    assert_eq!(version["attributes"]["commit-sha"], commit.as_str());
    assert!(version["attributes"]["moved-to"].is_null());
    Ok(())
}

#[tokio::test]
async fn two_spellings_on_one_commit_are_one_version() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.commit(&[("main.tf", MAIN)])?;
    repository.tag("v1.0.0")?;
    repository.annotated_tag("1.0.0")?;

    let module = registry.publish("terraform-aws-vpc").await?;

    assert_eq!(Api::version_statuses(&module), ["1.0.0 ok"]);
    Ok(())
}

#[tokio::test]
async fn two_spellings_on_two_commits_are_an_error_that_names_both_until_one_goes() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    let first = repository.commit(&[("main.tf", MAIN)])?;
    repository.tag("v1.0.0")?;
    let second = repository.commit(&[("main.tf", PART)])?;
    repository.tag("1.0.0")?;
    repository.tag("v1.1.0")?;

    let module = registry.publish("terraform-aws-vpc").await?;

    assert_eq!(Api::version_statuses(&module), ["1.1.0 ok", "1.0.0 clone_failed"]);
    let error = Api::version_error(&module, "1.0.0");
    assert!(error.contains(&first) && error.contains(&second) && error.contains("v1.0.0"), "{error}");

    repository.delete_tag("1.0.0")?;
    let module = registry.api.look_again(id_of(&module), false).await?;
    assert_eq!(Api::version_statuses(&module), ["1.1.0 ok", "1.0.0 ok"]);
    assert_eq!(registry.api.package(VPC, "1.0.0").await?.text("main.tf")?, MAIN);
    Ok(())
}

#[tokio::test]
async fn a_second_spelling_elsewhere_shows_at_the_published_version() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.commit(&[("main.tf", MAIN)])?;
    repository.tag("v1.0.0")?;
    let module = registry.publish("terraform-aws-vpc").await?;
    let second = repository.commit(&[("main.tf", PART)])?;
    repository.tag("1.0.0")?;

    let module = registry.api.look_again(id_of(&module), false).await?;

    assert_eq!(Api::version_statuses(&module), ["1.0.0 ok"]);
    let version = read_version(&registry.api, VPC, "1.0.0").await?;
    assert_eq!(version["attributes"]["moved-to"], second.as_str());
    assert_eq!(registry.api.package(VPC, "1.0.0").await?.text("main.tf")?, MAIN);
    Ok(())
}

#[tokio::test]
async fn a_deleted_version_comes_back_only_when_forced() -> Result<()> {
    let registry = Registry::start_with(&[("QUARRY_RECONCILE_SECONDS", "1")]).await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.release_three_times()?;
    let module = registry.publish("terraform-aws-vpc").await?;
    let before = registry.api.package(VPC, "1.1.0").await?;

    delete_version(&registry.api, VPC, "1.1.0").await?;

    assert_eq!(registry.api.installable(VPC).await?, ["1.10.0", "1.0.0"]);
    assert!(registry.api.package(VPC, "1.1.0").await.is_err());
    let module = registry.api.look_again(id_of(&module), false).await?;
    assert_eq!(Api::version_statuses(&module), ["1.10.0 ok", "1.0.0 ok"]);
    // A new tag shows that a look nobody asked for has passed.
    repository.tag("v2.0.0")?;
    wait_for("a reconciliation", || async {
        Ok(registry.api.installable(VPC).await?.contains(&"2.0.0".to_owned()).then_some(()))
    })
    .await?;
    assert_eq!(registry.api.installable(VPC).await?, ["2.0.0", "1.10.0", "1.0.0"]);
    let module = registry.api.look_again(id_of(&module), true).await?;
    assert_eq!(Api::version_statuses(&module), ["2.0.0 ok", "1.10.0 ok", "1.1.0 ok", "1.0.0 ok"]);
    assert_eq!(registry.api.package(VPC, "1.1.0").await?.bytes, before.bytes);
    Ok(())
}

#[tokio::test]
async fn a_deleted_version_comes_back_only_with_the_same_content() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.release_three_times()?;
    let old = repository.git(&["rev-parse", "v1.1.0"], b"")?;
    let module = registry.publish("terraform-aws-vpc").await?;
    let before = registry.api.package(VPC, "1.1.0").await?;
    delete_version(&registry.api, VPC, "1.1.0").await?;
    repository.commit(&[("main.tf", "# Something else.\n")])?;
    repository.tag("v1.1.0")?;

    let module = registry.api.look_again(id_of(&module), true).await?;

    assert_eq!(registry.api.installable(VPC).await?, ["1.10.0", "1.0.0"]);
    let error = Api::version_error(&module, "1.1.0");
    assert!(error.contains("other content"), "{module}");
    repository.tag_at("v1.1.0", &old)?;
    registry.api.look_again(id_of(&module), true).await?;
    assert_eq!(registry.api.package(VPC, "1.1.0").await?.bytes, before.bytes);
    Ok(())
}

#[tokio::test]
async fn what_one_module_deleted_does_not_come_back_because_another_was_published() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.release_three_times()?;
    let module = registry.publish("terraform-aws-vpc").await?;
    delete_version(&registry.api, VPC, "1.1.0").await?;

    let second = json!({"name": "part", "source-directory": "modules/part", "provider": "aws"});
    let second = registry.api.settled(&registry.begin("terraform-aws-vpc", second).await?).await?;

    assert_eq!(Api::version_statuses(&second), ["1.10.0 ok", "1.1.0 ok", "1.0.0 ok"]);
    let module = registry.api.settled(id_of(&module)).await?;
    assert_eq!(Api::version_statuses(&module), ["1.10.0 ok", "1.0.0 ok"]);
    registry.api.look_again(id_of(&second), true).await?;
    let module = registry.api.settled(id_of(&module)).await?;
    assert_eq!(Api::version_statuses(&module), ["1.10.0 ok", "1.0.0 ok"]);
    Ok(())
}

#[tokio::test]
async fn a_deleted_module_can_be_published_again_with_the_same_content() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.release_three_times()?;
    registry.publish("terraform-aws-vpc").await?;
    let before = registry.api.package(VPC, "1.0.0").await?;
    let status = registry.api.delete("/api/v2/organizations/acme/registry-modules/private/acme/vpc/aws").await?;
    assert_eq!(status, 204);
    repository.commit(&[("main.tf", "# Something else.\n")])?;
    repository.tag("v1.1.0")?;

    let module = registry.publish("terraform-aws-vpc").await?;

    assert_eq!(Api::version_statuses(&module)[0], "1.10.0 ok");
    assert_eq!(registry.api.package(VPC, "1.0.0").await?.bytes, before.bytes);
    assert!(Api::version_error(&module, "1.1.0").contains("other content"), "{module}");
    Ok(())
}

#[tokio::test]
async fn build_metadata_is_part_of_the_version() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.commit(&[("main.tf", MAIN)])?;
    repository.tag("v1.0.0+build.5")?;
    repository.tag("v1.0.0")?;

    let module = registry.publish("terraform-aws-vpc").await?;

    assert_eq!(Api::version_statuses(&module), ["1.0.0+build.5 ok", "1.0.0 ok"]);
    let encoded = registry.api.location(VPC, "1.0.0%2Bbuild.5").await?;
    let plain = registry.api.location(VPC, "1.0.0+build.5").await?;
    assert_eq!(encoded, plain);
    let (status, bytes) = registry.api.download(&test_kit::archive_address(&plain)).await?;
    assert_eq!((status.as_u16(), bytes.is_empty()), (200, false));
    Ok(())
}

#[tokio::test]
async fn a_repository_that_comes_later_is_published_by_a_resync() -> Result<()> {
    let registry = Registry::start().await?;
    let module = registry.publish("terraform-aws-vpc").await?;
    assert_eq!(module["attributes"]["status"], "setup_failed");
    registry.repository("terraform-aws-vpc")?.release_three_times()?;

    let module = registry.api.look_again(id_of(&module), false).await?;

    assert_eq!(module["attributes"]["status"], "setup_complete");
    assert!(module["attributes"]["error-message"].is_null(), "{module}");
    assert_eq!(registry.api.installable(VPC).await?.first().context("no version")?, "1.10.0");
    Ok(())
}

#[tokio::test]
async fn many_resyncs_at_once_make_each_version_once() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.release_three_times()?;
    let id = registry.begin("terraform-aws-vpc", json!({})).await?;
    for number in 0..10 {
        repository.tag(&format!("v3.{number}.0"))?;
        let (one, other) = tokio::join!(registry.api.resync(&id), registry.api.resync(&id));
        one.and(other)?;
    }

    wait_for("all versions", || async { Ok((registry.api.installable(VPC).await?.len() == 13).then_some(())) }).await?;
    let module = registry.api.settled(&id).await?;
    assert_eq!(Api::version_statuses(&module).len(), 13, "{module}");
    Ok(())
}
