//! Modules that are made from a branch of their repository.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use test_kit::{Api, Registry, SampleRepository};

const VPC: &str = "acme/vpc/aws";
const MODULE: &str = "/api/v2/organizations/acme/registry-modules/private/acme/vpc/aws";

struct World {
    registry: Registry,
    repository: SampleRepository,
}

impl World {
    /// A repository with the branches `main`, which has the tag v9.9.9, and `release/1.x`.
    async fn start() -> Result<Self> {
        let registry = Registry::start().await?;
        let repository = registry.repository("terraform-aws-vpc")?;
        let world = Self { registry, repository };
        world.commit("main", "main")?;
        world.repository.tag("v9.9.9")?;
        world.repository.git(&["branch", "release/1.x"], b"")?;
        world.commit("release/1.x", "first")?;
        Ok(world)
    }

    /// A commit on top of a branch, whose variable is called so; its name.
    fn commit(&self, branch: &str, variable: &str) -> Result<String> {
        self.repository.commit_on(branch, &[("main.tf", &content(variable))])
    }

    async fn publish(&self, extra: Value) -> Result<(String, Value)> {
        let id = self.registry.begin("terraform-aws-vpc", extra).await?;
        let module = self.registry.api.settled(&id).await?;
        Ok((id, module))
    }

    async fn make_version(&self, number: &str, commit: &str) -> Result<()> {
        let body = json!({"data": {"attributes": {"version": number, "commit-sha": commit}}});
        let (status, answer) = self.registry.api.post(&format!("{MODULE}/versions"), body).await?;
        ensure!(status == 201, "{status} {answer}");
        Ok(())
    }

    async fn patch(&self, source: Value) -> Result<()> {
        let body = json!({"data": {"attributes": {"vcs-repo": source}}});
        let answer = self.registry.api.send(reqwest::Method::PATCH, MODULE, Some(body)).await?;
        let status = answer.status();
        ensure!(status == 200, "{status} {}", answer.text().await?);
        Ok(())
    }

    async fn main(&self, version: &str) -> Result<String> {
        self.registry.api.package(VPC, version).await?.text("main.tf")
    }
}

fn content(variable: &str) -> String {
    format!("variable \"{variable}\" {{}}\n")
}

#[tokio::test]
async fn the_first_version_is_the_head_and_the_others_are_asked_for() -> Result<()> {
    let world = World::start().await?;
    let extra = json!({"branch": "release/1.x", "tags": false, "initial-version": "1.0.0"});
    let (id, module) = world.publish(extra).await?;
    assert_eq!(Api::version_statuses(&module), ["1.0.0 ok"], "tags are of no matter");
    assert_eq!(module["attributes"]["publishing-mechanism"], "branch");
    assert_eq!(world.main("1.0.0").await?, content("first"));

    let second = world.commit("release/1.x", "second")?;
    let module = world.registry.api.look_again(&id, false).await?;
    assert_eq!(Api::version_statuses(&module), ["1.0.0 ok"], "a push makes no version");
    world.make_version("1.1.0", &second).await?;
    let module = world.registry.api.settled(&id).await?;

    assert_eq!(Api::version_statuses(&module), ["1.1.0 ok", "1.0.0 ok"]);
    assert_eq!(world.main("1.1.0").await?, content("second"));
    assert_eq!(world.main("1.0.0").await?, content("first"), "published versions stay");
    let (_, version) = world.registry.api.get(&format!("{MODULE}/version?module_version=1.1.0")).await?;
    let attributes = &version["data"]["attributes"];
    assert_eq!((&attributes["branch"], &attributes["commit-sha"]), (&json!("release/1.x"), &json!(second)));
    assert_eq!(attributes["timeline"]["error"], Value::Null);
    let status = world.registry.api.delete(&format!("{MODULE}/1.0.0")).await?;
    assert_eq!(status, 204);
    let module = world.registry.api.look_again(&id, true).await?;
    assert_eq!(Api::version_statuses(&module), ["1.1.0 ok"], "the first version is made once");
    Ok(())
}

#[tokio::test]
async fn a_commit_that_is_not_there_fails_until_it_comes() -> Result<()> {
    let world = World::start().await?;
    let (id, _) = world.publish(json!({"branch": "release/1.x"})).await?;
    let hidden = world.commit("hidden", "hidden")?;
    let tree = world.repository.git(&["rev-parse", "main^{tree}"], b"")?;

    world.make_version("1.1.0", &hidden).await?;
    world.make_version("1.2.0", tree.trim()).await?;
    let module = world.registry.api.settled(&id).await?;

    let statuses = ["1.2.0 clone_failed", "1.1.0 clone_failed", "0.0.0 ok"];
    assert_eq!(Api::version_statuses(&module), statuses);
    let error = Api::version_error(&module, "1.1.0");
    assert!(error.contains(&hidden), "{error}");
    world.repository.git(&["branch", "--force", "release/1.x", "hidden"], b"")?;
    let module = world.registry.api.look_again(&id, true).await?;
    assert_eq!(Api::version_statuses(&module), ["1.2.0 clone_failed", "1.1.0 ok", "0.0.0 ok"]);
    assert_eq!(world.main("1.1.0").await?, content("hidden"));
    Ok(())
}

#[tokio::test]
async fn a_branch_that_is_not_there_is_said_until_it_comes() -> Result<()> {
    let world = World::start().await?;
    let (id, module) = world.publish(json!({"branch": "next"})).await?;
    let attributes = &module["attributes"];
    assert_eq!((&attributes["status"], &attributes["version-statuses"]), (&json!("setup_failed"), &json!([])));
    let message = attributes["error-message"].as_str().context("no message")?;
    assert!(message.contains("no branch next"), "{message}");

    world.repository.git(&["branch", "next"], b"")?;
    let module = world.registry.api.look_again(&id, false).await?;

    assert_eq!(Api::version_statuses(&module), ["0.0.0 ok"]);
    assert_eq!(module["attributes"]["status"], "setup_complete");
    assert_eq!(module["attributes"]["error-message"], Value::Null);
    Ok(())
}

#[tokio::test]
async fn tags_and_branches_are_exchanged() -> Result<()> {
    let world = World::start().await?;
    let (id, module) = world.publish(json!({})).await?;
    assert_eq!(Api::version_statuses(&module), ["9.9.9 ok"]);
    let commit = world.commit("release/1.x", "second")?;

    world.patch(json!({"branch": "release/1.x", "tags": false})).await?;
    world.make_version("10.0.0", &commit).await?;
    let module = world.registry.api.settled(&id).await?;
    assert_eq!(Api::version_statuses(&module), ["10.0.0 ok", "9.9.9 ok"], "it had versions, so the head makes none");

    world.repository.tag("v9.10.0")?;
    world.patch(json!({"branch": "", "tags": true})).await?;
    let module = world.registry.api.settled(&id).await?;

    assert_eq!(Api::version_statuses(&module), ["10.0.0 ok", "9.10.0 ok", "9.9.9 ok"]);
    let (_, version) = world.registry.api.get(&format!("{MODULE}/version?module_version=10.0.0")).await?;
    assert_eq!(version["data"]["attributes"]["tag-vanished-at"], Value::Null, "it never had a tag");
    assert_eq!(world.main("10.0.0").await?, content("second"));
    Ok(())
}

#[tokio::test]
async fn another_directory_makes_what_is_not_published_anew() -> Result<()> {
    let world = World::start().await?;
    let extra = json!({"branch": "release/1.x", "source-directory": "nowhere", "initial-version": "1.0.0",
        "name": "vpc", "provider": "aws"});
    let (id, module) = world.publish(extra).await?;
    assert_eq!(Api::version_statuses(&module), ["1.0.0 clone_failed"]);
    let asked = world.commit("release/1.x", "asked")?;
    world.make_version("1.1.0", &asked).await?;
    let module = world.registry.api.settled(&id).await?;
    assert_eq!(Api::version_statuses(&module), ["1.1.0 clone_failed", "1.0.0 clone_failed"]);
    world.commit("release/1.x", "newest")?;

    world.patch(json!({"source-directory": ""})).await?;
    let module = world.registry.api.settled(&id).await?;

    assert_eq!(Api::version_statuses(&module), ["1.1.0 ok", "1.0.0 ok"], "{module}");
    assert_eq!(world.main("1.1.0").await?, content("asked"));
    assert_eq!(world.main("1.0.0").await?, content("newest"), "the head as it is now");
    Ok(())
}

#[tokio::test]
async fn a_commit_of_the_former_branch_is_still_made_from_it() -> Result<()> {
    let world = World::start().await?;
    let (id, _) = world.publish(json!({"branch": "main"})).await?;
    let elsewhere = world.commit("hidden", "hidden")?;
    world.make_version("1.1.0", &elsewhere).await?;
    let module = world.registry.api.settled(&id).await?;
    assert_eq!(Api::version_statuses(&module), ["1.1.0 clone_failed", "0.0.0 ok"]);

    world.patch(json!({"branch": "hidden"})).await?;
    let module = world.registry.api.settled(&id).await?;

    assert_eq!(Api::version_statuses(&module), ["1.1.0 ok", "0.0.0 ok"], "{module}");
    assert_eq!(world.main("0.0.0").await?, content("main"), "it is published");
    world.patch(json!({"branch": "gone"})).await?;
    let module = world.registry.api.settled(&id).await?;
    let attributes = &module["attributes"];
    assert_eq!(attributes["status"], "setup_complete", "what it has can be installed");
    assert!(attributes["error-message"].as_str().is_some_and(|it| it.contains("no branch gone")), "{attributes}");
    Ok(())
}
