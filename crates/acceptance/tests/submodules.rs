//! Git submodules, of modules that want them.

use anyhow::Result;
use serde_json::{Value, json};
use test_kit::{Api, Registry, SampleRepository, wait_for};

const VPC: &str = "acme/vpc/aws";
const MODULE: &str = "/api/v2/organizations/acme/registry-modules/private/acme/vpc/aws";

struct World {
    registry: Registry,
    repository: SampleRepository,
}

impl World {
    async fn start() -> Result<Self> {
        let registry = Registry::start().await?;
        let repository = registry.repository("terraform-aws-vpc")?;
        Ok(Self { registry, repository })
    }

    /// Releases a tree with this submodule at `modules/lib`.
    fn release(&self, tag: &str, url: &str, commit: &str) -> Result<()> {
        commit_with(&self.repository, "modules/lib", (url, commit))?;
        self.repository.tag(tag)
    }

    async fn publish(&self, extra: Value) -> Result<(String, Value)> {
        let id = self.registry.begin("terraform-aws-vpc", extra).await?;
        let module = self.registry.api.settled(&id).await?;
        Ok((id, module))
    }

    async fn wants_submodules(&self) -> Result<(String, Value)> {
        self.publish(json!({"ingress-submodules": true})).await
    }

    /// Why a version failed.
    async fn refusal(&self, url: &str, commit: &str) -> Result<String> {
        self.release("v1.0.0", url, commit)?;
        let (_, module) = self.wants_submodules().await?;
        assert_eq!(Api::version_statuses(&module), ["1.0.0 clone_failed"]);
        Ok(Api::version_error(&module, "1.0.0"))
    }
}

/// A commit with a file and a submodule.
fn commit_with(repository: &SampleRepository, path: &str, (url, commit): (&str, &str)) -> Result<String> {
    let declared = format!("[submodule \"lib\"]\n\tpath = {path}\n\turl = {url}\n");
    repository.commit_modes(&[
        ("100644", "main.tf", b"variable \"own\" {}\n"),
        ("100644", ".gitmodules", declared.as_bytes()),
        ("160000", path, commit.as_bytes()),
    ])
}

#[tokio::test]
async fn they_are_fetched_with_their_own_into_their_places() -> Result<()> {
    let world = World::start().await?;
    let deep = world.registry.repository("deep")?;
    let deepest = deep.commit(&[("README.md", "deep")])?;
    let lib = world.registry.repository("lib")?;
    lib.commit(&[("variables.tf", "variable \"theirs\" {}\n")])?;
    let commit = commit_with(&lib, "deep", ("../deep", &deepest))?;
    lib.commit(&[("later.tf", "variable \"later\" {}\n")])?;
    world.release("v1.0.0", "../lib", &commit)?;

    let (_, module) = world.wants_submodules().await?;

    assert_eq!(Api::version_statuses(&module), ["1.0.0 ok"], "{module}");
    assert_eq!(module["attributes"]["vcs-repo"]["ingress-submodules"], true);
    let package = world.registry.api.package(VPC, "1.0.0").await?;
    assert_eq!(package.text("modules/lib/variables.tf")?, "variable \"theirs\" {}\n");
    assert_eq!(package.text("modules/lib/deep/README.md")?, "deep");
    assert!(package.text("modules/lib/later.tf").is_err(), "the commit is the one that the tree names");
    let (_, detail) = world.registry.api.get(&format!("/api/registry/v1/modules/{VPC}/1.0.0")).await?;
    assert_eq!(detail["submodules"][0]["path"], "modules/lib", "{detail}");
    assert_eq!(detail["submodules"][0]["inputs"].as_array().map(Vec::len), Some(2), "main.tf and variables.tf");
    Ok(())
}

#[tokio::test]
async fn a_module_that_does_not_want_them_is_published_without() -> Result<()> {
    let world = World::start().await?;
    let lib = world.registry.repository("lib")?;
    let commit = lib.commit(&[("main.tf", "")])?;
    world.release("v1.0.0", "../lib", &commit)?;
    let (id, module) = world.publish(json!({})).await?;
    assert_eq!(Api::version_statuses(&module), ["1.0.0 ok"]);
    let before = world.registry.api.package(VPC, "1.0.0").await?;
    assert!(before.text("modules/lib/main.tf").is_err());

    let wish = json!({"data": {"attributes": {"vcs-repo": {"ingress-submodules": true}}}});
    let changed = world.registry.api.send(reqwest::Method::PATCH, MODULE, Some(wish)).await?;
    assert_eq!(changed.status(), 200);
    world.repository.tag("v1.1.0")?;
    let module = world.registry.api.look_again(&id, true).await?;

    assert_eq!(Api::version_statuses(&module), ["1.1.0 ok", "1.0.0 ok"]);
    assert_eq!(world.registry.api.package(VPC, "1.0.0").await?.bytes, before.bytes, "what is published stays");
    assert_eq!(world.registry.api.package(VPC, "1.1.0").await?.text("modules/lib/main.tf")?, "");
    Ok(())
}

#[tokio::test]
async fn a_commit_off_every_branch_comes_if_the_server_gives_it() -> Result<()> {
    let world = World::start().await?;
    let lib = world.registry.repository("lib")?;
    lib.commit(&[("main.tf", "")])?;
    let hidden = lib.commit_on("hidden", &[("main.tf", "variable \"hidden\" {}\n")])?;
    let refusal = world.refusal("../lib", &hidden).await?;
    assert!(refusal.contains("modules/lib") && refusal.contains(&hidden), "{refusal}");

    lib.git(&["config", "uploadpack.allowReachableSHA1InWant", "true"], b"")?;
    let (_, module) = world.registry.api.get(MODULE).await?;
    let id = module["data"]["id"].as_str().unwrap_or_default();
    let module = world.registry.api.look_again(id, true).await?;

    assert_eq!(Api::version_statuses(&module), ["1.0.0 ok"], "{module}");
    let package = world.registry.api.package(VPC, "1.0.0").await?;
    assert_eq!(package.text("modules/lib/main.tf")?, "variable \"hidden\" {}\n");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_fetched_is_named() -> Result<()> {
    let nowhere = "0123456789abcdef0123456789abcdef01234567";
    for (url, commit, said) in [
        ("https://elsewhere.example.com/lib", nowhere, "not on the server of the repository"),
        ("../../../lib", nowhere, "not on the server of the repository"),
        ("file:///etc", nowhere, "not on the server of the repository"),
        ("../missing", nowhere, "/missing.git does not exist"),
    ] {
        let refusal = World::start().await?.refusal(url, commit).await?;
        assert!(refusal.contains("the Git submodule modules/lib was not fetched"), "{url}: {refusal}");
        assert!(refusal.contains(said), "{url}: {refusal}");
    }
    Ok(())
}

/// A server that breaks down for a while: nothing waits for it but the version that needs it, which then comes by itself.
#[tokio::test]
async fn one_that_does_not_answer_holds_up_nobody() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.commit(&[("main.tf", "")])?;
    repository.tag("v0.9.0")?;
    let lib = registry.repository("lib")?;
    let commit = lib.commit(&[("main.tf", "variable \"theirs\" {}\n")])?;
    // The program that serves it dies in the middle of its answer, as on a server that breaks down.
    let broken = lib.path().join("packed-refs");
    std::fs::write(&broken, "what is this\n")?;
    let world = World { registry, repository };
    world.release("v1.0.0", "../lib", &commit)?;

    world.registry.begin("terraform-aws-vpc", json!({"ingress-submodules": true})).await?;
    let statuses = || async {
        let (_, module) = world.registry.api.get(MODULE).await?;
        anyhow::Ok(Api::version_statuses(&module["data"]))
    };
    wait_for("the version that needs nothing", || async {
        Ok(statuses().await?.contains(&"0.9.0 ok".to_owned()).then_some(()))
    })
    .await?;
    assert!(!statuses().await?.contains(&"1.0.0 ok".to_owned()));
    std::fs::remove_file(&broken)?;
    wait_for("the other one", || async { Ok((statuses().await? == ["1.0.0 ok", "0.9.0 ok"]).then_some(())) }).await?;
    Ok(())
}

#[tokio::test]
async fn one_that_holds_itself_ends() -> Result<()> {
    let world = World::start().await?;
    let first = commit_with(&world.repository, "modules/lib", ("../terraform-aws-vpc", &"1".repeat(40)))?;
    world.repository.tag("v0.0.1")?;
    let mut commit = first;
    for _ in 0..7 {
        commit = commit_with(&world.repository, "modules/lib", ("../terraform-aws-vpc", &commit))?;
    }
    world.repository.tag("v1.0.0")?;

    let (_, module) = world.wants_submodules().await?;

    assert_eq!(Api::version_statuses(&module), ["1.0.0 clone_failed", "0.0.1 clone_failed"]);
    let error = Api::version_error(&module, "1.0.0");
    assert!(error.contains("submodule of more than 5 others"), "{error}");
    Ok(())
}

#[tokio::test]
async fn those_outside_of_the_module_are_of_no_matter() -> Result<()> {
    let world = World::start().await?;
    world.repository.commit(&[("aws/main.tf", "variable \"aws\" {}\n")])?;
    world.release("v1.0.0", "https://elsewhere.example.com/lib", &"1".repeat(40))?;
    let extra = json!({"ingress-submodules": true, "source-directory": "aws", "name": "vpc", "provider": "aws"});
    let (_, module) = world.publish(extra).await?;
    assert_eq!(Api::version_statuses(&module), ["1.0.0 ok"], "{module}");
    Ok(())
}
