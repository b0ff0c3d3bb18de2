//! Tags of published versions that move, until their owner accepts it, or vanish.

use anyhow::{Result, ensure};
use reqwest::StatusCode;
use serde_json::{Value, json};
use test_kit::{Registry, SampleRepository, wait_for};

const VPC: &str = "acme/vpc/aws";
const FIRST: &str = "variable \"first\" {}\n";
const SECOND: &str = "variable \"second\" {}\n";
const THIRD: &str = "variable \"third\" {}\n";

/// A registry with the module `acme/vpc/aws`, and its repository.
struct World {
    registry: Registry,
    repository: SampleRepository,
    module: String,
}

impl World {
    /// 1.0.0 holds `FIRST`.
    async fn with_one_version(settings: &[(&str, &str)]) -> Result<Self> {
        let registry = Registry::start_with(settings).await?;
        let repository = registry.repository("terraform-aws-vpc")?;
        repository.commit(&[("main.tf", FIRST)])?;
        repository.tag("v1.0.0")?;
        Self::publish(registry, repository, json!({})).await
    }

    /// 1.0.0, 1.1.0 and 1.10.0.
    async fn with_three_versions(extra: Value) -> Result<Self> {
        let registry = Registry::start().await?;
        let repository = registry.repository("terraform-aws-vpc")?;
        repository.release_three_times()?;
        Self::publish(registry, repository, extra).await
    }

    async fn publish(registry: Registry, repository: SampleRepository, extra: Value) -> Result<Self> {
        let module = registry.begin("terraform-aws-vpc", extra).await?;
        registry.api.settled(&module).await?;
        Ok(Self { registry, repository, module })
    }

    /// The tag of 1.0.0 is now on this content, and the registry knows.
    async fn move_tag(&self, content: &str) -> Result<String> {
        let commit = self.repository.commit(&[("main.tf", content)])?;
        self.repository.tag("v1.0.0")?;
        self.look_again().await?;
        Ok(commit)
    }

    async fn look_again(&self) -> Result<()> {
        self.registry.api.look_again(&self.module, false).await.map(drop)
    }

    /// The attributes of a version.
    async fn version(&self, number: &str) -> Result<Value> {
        let path = format!("/api/v2/organizations/acme/registry-modules/private/{VPC}/version?module_version={number}");
        let (status, mut answer) = self.registry.api.get(&path).await?;
        ensure!(status == 200, "{status} {answer}");
        Ok(answer["data"]["attributes"].take())
    }

    async fn accept(&self, commit: &str) -> Result<(StatusCode, Value)> {
        let path = format!("/api/v2/organizations/acme/registry-modules/private/{VPC}/1.0.0/actions/accept-moved-tag");
        self.registry.api.post(&path, json!({"data": {"attributes": {"commit-sha": commit}}})).await
    }

    /// What 1.0.0 is once nothing is to be replaced any more: it failed, or the new documentation was read.
    async fn decided(&self) -> Result<Value> {
        wait_for("the outcome", || async {
            let version = self.version("1.0.0").await?;
            let timeline = &version["timeline"];
            let is_done = timeline["parsed-at"].is_string() || timeline["error"].is_string();
            Ok((version["accepted-commit"].is_null() && is_done).then_some(version))
        })
        .await
    }

    async fn main(&self, version: &str) -> Result<String> {
        self.registry.api.package(VPC, version).await?.text("main.tf")
    }

    /// What the registry did by itself, oldest first.
    async fn unattended(&self) -> Result<Vec<String>> {
        let (status, answer) = self.registry.api.get("/api/v2/organizations/acme/audit-entries?page[size]=100").await?;
        ensure!(status == 200, "{status} {answer}");
        let entries = answer["data"].as_array().into_iter().flatten().rev();
        let by_itself = entries.filter(|entry| entry["attributes"]["user"] == "");
        Ok(by_itself.map(|entry| entry["attributes"]["action"].as_str().unwrap_or("?").to_owned()).collect())
    }

    /// As if the tags that are gone had been so for ten more minutes.
    fn ten_minutes_pass(&self) -> Result<()> {
        self.registry.ask("UPDATE module_versions SET vanished_at = vanished_at - 600000").map(drop)
    }
}

#[tokio::test]
async fn what_a_tag_moved_to_is_published_once_its_owner_accepts_it() -> Result<()> {
    let world = World::with_one_version(&[]).await?;
    let first = world.version("1.0.0").await?["commit-sha"].take();
    let second = world.move_tag(SECOND).await?;
    assert_eq!(world.version("1.0.0").await?["moved-to"], second.as_str());
    assert_eq!(world.main("1.0.0").await?, FIRST, "nothing changes by itself");

    assert_eq!(world.accept(first.as_str().unwrap_or_default()).await?.0, 409, "it did not move there");
    assert_eq!(world.accept(&second).await?, (StatusCode::ACCEPTED, Value::Null));
    let version = world.decided().await?;

    assert_eq!((&version["status"], &version["commit-sha"]), (&json!("ok"), &json!(second)), "{version}");
    assert_eq!((&version["moved-to"], &version["timeline"]["error"]), (&Value::Null, &Value::Null), "{version}");
    let package = world.registry.api.package(VPC, "1.0.0").await?;
    assert_eq!(package.text("main.tf")?, SECOND);
    assert_eq!(package.promised_sha256(), package.sha256());
    let (_, detail) = world.registry.api.get(&format!("/api/registry/v1/modules/{VPC}/1.0.0")).await?;
    assert_eq!(detail["root"]["inputs"][0]["name"], "second", "{detail}");
    assert_eq!(world.accept(&second).await?.0, 409, "there is nothing more to accept");
    assert_eq!(world.unattended().await?, ["tag-moved", "replace-version"]);
    assert_eq!(world.registry.ask("SELECT count(*) FROM condemned_blobs")?, "1", "the former archive");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_archived_leaves_the_version_as_it_was() -> Result<()> {
    let world = World::with_one_version(&[("QUARRY_MAX_FILE_BYTES", "2000")]).await?;
    let before = world.registry.api.package(VPC, "1.0.0").await?;
    let second = world.move_tag(&"#".repeat(3000)).await?;

    assert_eq!(world.accept(&second).await?.0, 202);
    let version = world.decided().await?;

    assert_eq!((&version["status"], &version["moved-to"]), (&json!("ok"), &json!(second)), "{version}");
    assert_ne!(version["commit-sha"], second.as_str());
    assert_eq!(version["timeline"]["failed-stage"], "archive", "{version}");
    assert!(version["timeline"]["error"].as_str().is_some_and(|error| error.contains("main.tf")), "{version}");
    assert_eq!(world.registry.api.package(VPC, "1.0.0").await?.bytes, before.bytes);

    assert_eq!(world.accept(&second).await?.0, 202, "it may be tried again");
    let third = world.move_tag(THIRD).await?;
    world.decided().await?;
    assert_eq!(world.accept(&third).await?.0, 202);
    let version = world.decided().await?;
    assert_eq!((&version["commit-sha"], &version["timeline"]["error"]), (&json!(third), &Value::Null), "{version}");
    assert_eq!(world.main("1.0.0").await?, THIRD);
    Ok(())
}

#[tokio::test]
async fn nothing_but_what_the_owner_saw_is_published() -> Result<()> {
    let world = World::with_one_version(&[]).await?;
    let second = world.move_tag(SECOND).await?;
    // Nobody told the registry yet.
    world.repository.commit(&[("main.tf", THIRD)])?;
    world.repository.tag("v1.0.0")?;

    assert_eq!(world.accept(&second).await?.0, 202);
    let version = world.decided().await?;

    let error = version["timeline"]["error"].as_str().unwrap_or_default();
    assert_eq!(error, format!("its tag is not on commit {second} any more"), "{version}");
    assert_eq!(world.main("1.0.0").await?, FIRST);
    Ok(())
}

#[tokio::test]
async fn what_was_accepted_is_published_whoever_dies() -> Result<()> {
    let mut world = World::with_one_version(&[]).await?;
    let second = world.move_tag(SECOND).await?;

    assert_eq!(world.accept(&second).await?.0, 202);
    world.registry.restart()?;
    let version = world.decided().await?;

    assert_eq!((&version["commit-sha"], &version["timeline"]["error"]), (&json!(second), &Value::Null), "{version}");
    assert_eq!(world.main("1.0.0").await?, SECOND);
    Ok(())
}

#[tokio::test]
async fn a_version_whose_tag_vanished_stays_and_says_so() -> Result<()> {
    let world = World::with_three_versions(json!({})).await?;
    let commit = world.repository.git(&["rev-parse", "v1.1.0"], b"")?;
    world.repository.delete_tag("v1.1.0")?;

    for _ in 0..2 {
        world.look_again().await?;
        world.ten_minutes_pass()?;
        let version = world.version("1.1.0").await?;
        assert!(version["tag-vanished-at"].is_string() && version["pending-delete"].is_null(), "{version}");
        assert_eq!(version["status"], "ok");
    }

    assert_eq!(world.registry.api.installable(VPC).await?.len(), 3);
    world.repository.tag_at("v1.1.0", &commit)?;
    world.look_again().await?;
    assert!(world.version("1.1.0").await?["tag-vanished-at"].is_null());
    assert_eq!(world.unattended().await?, ["tag-vanished", "tag-returned"]);
    Ok(())
}

#[tokio::test]
async fn a_version_goes_some_time_after_its_tag_where_its_module_wants_that() -> Result<()> {
    let world = World::with_three_versions(json!({"vanished-tags": "remove"})).await?;
    world.repository.delete_tag("v1.1.0")?;

    for _ in 0..2 {
        world.look_again().await?;
        assert_eq!(world.version("1.1.0").await?["pending-delete"], true);
        assert_eq!(world.registry.api.installable(VPC).await?, ["1.10.0", "1.1.0", "1.0.0"]);
    }
    world.ten_minutes_pass()?;
    world.look_again().await?;

    assert_eq!(world.registry.api.installable(VPC).await?, ["1.10.0", "1.0.0"]);
    assert_eq!(world.unattended().await?, ["tag-vanished", "delete-version"]);
    assert_eq!(world.registry.ask("SELECT version FROM tombstones")?, "1.1.0");
    Ok(())
}

#[tokio::test]
async fn a_repository_that_was_emptied_costs_no_version() -> Result<()> {
    let world = World::with_three_versions(json!({"vanished-tags": "remove"})).await?;
    let tags = ["v1.0.0", "v1.1.0", "v1.10.0"];
    let commits: Vec<String> =
        tags.iter().map(|tag| world.repository.git(&["rev-parse", tag], b"")).collect::<Result<_>>()?;
    tags.iter().try_for_each(|tag| world.repository.delete_tag(tag))?;

    for _ in 0..3 {
        world.look_again().await?;
        assert_eq!(world.registry.api.installable(VPC).await?.len(), 3);
        assert_eq!(world.version("1.0.0").await?["pending-delete"], true);
        world.ten_minutes_pass()?;
    }
    world.look_again().await?;
    // It is being filled again: those that are still to come have their time from now on.
    world.repository.tag_at(tags[0], &commits[0])?;
    world.look_again().await?;
    assert_eq!(world.registry.api.installable(VPC).await?.len(), 3);
    tags.iter().zip(&commits).try_for_each(|(tag, commit)| world.repository.tag_at(tag, commit))?;
    world.look_again().await?;
    assert!(world.version("1.10.0").await?["tag-vanished-at"].is_null());
    assert_eq!(world.unattended().await?.len(), 6, "each tag went once and came once");
    Ok(())
}
