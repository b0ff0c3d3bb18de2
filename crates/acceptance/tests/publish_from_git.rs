//! Publishing the tags of a Git repository, and what a consumer then sees and gets.

use anyhow::Result;
use serde_json::{Value, json};
use test_kit::{Api, GitServer, HostileServer, Registry, SampleRepository, wait_for};

const VPC: &str = "acme/vpc/aws";
const MAIN: &str = "variable \"name\" {\n  type        = string\n  description = \"What it is called.\"\n}\n\n\
                    variable \"tags\" {\n  type    = map(string)\n  default = {}\n}\n\n\
                    output \"id\" {\n  description = \"Its id.\"\n  value       = aws_vpc.this.id\n}\n\n\
                    resource \"aws_vpc\" \"this\" {}\n";
const PART: &str = "variable \"size\" {\n  default = 1\n}\n";
const EXAMPLE: &str = "module \"vpc\" {\n  source = \"../../\"\n  name   = \"x\"\n}\n";

/// Versions 1.0.0, 1.1.0 and 1.10.0, each with a README of its own.
fn has_three_tags(repository: &SampleRepository) -> Result<()> {
    for tag in ["v1.0.0", "v1.1.0", "v1.10.0"] {
        repository.commit(&[
            ("README.md", &format!("# VPC\n\nRelease {tag}.\n")),
            ("main.tf", MAIN),
            ("modules/part/main.tf", PART),
            ("modules/part/README.md", "# Part\n"),
            ("examples/simple/main.tf", EXAMPLE),
        ])?;
        repository.tag(tag)?;
    }
    Ok(())
}

fn id_of(module: &Value) -> &str {
    module["id"].as_str().unwrap_or_default()
}

fn names(values: &Value, field: &str) -> Vec<String> {
    let values = values.as_array().cloned().unwrap_or_default();
    values.iter().map(|it| it[field].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn every_tag_becomes_a_version_newest_first() -> Result<()> {
    let registry = Registry::start().await?;
    has_three_tags(&registry.repository("terraform-aws-vpc")?)?;

    let module = registry.publish("terraform-aws-vpc").await?;

    assert_eq!(Api::version_statuses(&module), ["1.10.0 ok", "1.1.0 ok", "1.0.0 ok"]);
    assert_eq!(module["attributes"]["status"], "setup_complete");
    assert_eq!(registry.api.installable(VPC).await?, ["1.10.0", "1.1.0", "1.0.0"]);
    Ok(())
}

#[tokio::test]
async fn a_version_shows_its_interface_its_parts_and_its_readme() -> Result<()> {
    let registry = Registry::start().await?;
    has_three_tags(&registry.repository("terraform-aws-vpc")?)?;
    registry.publish("terraform-aws-vpc").await?;

    let (status, latest) = registry.api.get("/api/registry/v1/modules/acme/vpc/aws").await?;
    let (_, old) = registry.api.get("/api/registry/v1/modules/acme/vpc/aws/1.0.0").await?;

    assert_eq!(status, 200, "{latest}");
    assert_eq!(latest["version"], "1.10.0");
    assert_eq!(latest["versions"], json!(["1.0.0", "1.1.0", "1.10.0"]));
    let root = &latest["root"];
    assert_eq!(names(&root["inputs"], "name"), ["name", "tags"]);
    assert_eq!(root["inputs"][0]["required"], true);
    assert_eq!(root["inputs"][0]["description"], "What it is called.");
    assert_eq!(root["inputs"][1]["type"], "map(string)");
    assert_eq!(root["inputs"][1]["default"], "{}");
    assert_eq!(names(&root["outputs"], "name"), ["id"]);
    assert_eq!(names(&root["resources"], "type"), ["aws_vpc"]);
    assert_eq!(root["readme"], "# VPC\n\nRelease v1.10.0.\n");
    assert_eq!(names(&latest["submodules"], "path"), ["modules/part"]);
    assert_eq!(latest["submodules"][0]["readme"], "# Part\n");
    assert_eq!(names(&latest["examples"], "path"), ["examples/simple"]);
    assert_eq!(old["root"]["readme"], "# VPC\n\nRelease v1.0.0.\n");
    Ok(())
}

#[tokio::test]
async fn the_archive_is_what_the_link_promises_and_what_the_tag_holds() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    has_three_tags(&repository)?;
    repository.commit_modes(&[("100755", "run.sh", b"#!/bin/sh\n"), ("120000", "link.md", b"README.md")])?;
    repository.tag("v2.0.0")?;
    registry.publish("terraform-aws-vpc").await?;

    let package = registry.api.package(VPC, "2.0.0").await?;

    assert!(package.location.contains("archive=tar.gz"), "{}", package.location);
    assert_eq!(package.promised_sha256(), package.sha256());
    assert_eq!(package.directory(), "");
    assert_eq!(
        package.paths()?,
        [
            "README.md",
            "examples/simple/main.tf",
            "link.md",
            "main.tf",
            "modules/part/README.md",
            "modules/part/main.tf",
            "run.sh"
        ]
    );
    assert_eq!(package.text("main.tf")?, MAIN);
    assert_eq!(package.text("link.md")?, package.text("README.md")?);
    Ok(())
}

#[tokio::test]
async fn two_registries_make_the_same_archives() -> Result<()> {
    let (one, other) = (Registry::start().await?, Registry::start().await?);
    for registry in [&one, &other] {
        has_three_tags(&registry.repository("terraform-aws-vpc")?)?;
        registry.publish("terraform-aws-vpc").await?;
    }

    for version in ["1.0.0", "1.1.0", "1.10.0"] {
        let (first, second) = (one.api.package(VPC, version).await?, other.api.package(VPC, version).await?);
        assert_eq!(first.tar_sha256()?, second.tar_sha256()?, "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn modules_of_one_repository_have_their_own_tags_and_directories() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("mono")?;
    repository.commit(&[("lib/terraform-aws-app/main.tf", MAIN), ("lib/terraform-aws-dns/dns.tf", PART)])?;
    repository.tag("app-v1.0.0")?;
    repository.tag("dns/2.0.0")?;
    repository.tag("v9.9.9")?;

    let app = json!({"source-directory": "lib/terraform-aws-app", "tag-prefix": "app-"});
    let dns = json!({"source-directory": "lib/terraform-aws-dns", "tag-prefix": "dns/"});
    let app = registry.api.settled(&registry.begin("mono", app).await?).await?;
    let dns = registry.api.settled(&registry.begin("mono", dns).await?).await?;

    assert_eq!(Api::version_statuses(&app), ["1.0.0 ok"]);
    assert_eq!(Api::version_statuses(&dns), ["2.0.0 ok"]);
    assert_eq!(registry.api.package("acme/app/aws", "1.0.0").await?.paths()?, ["main.tf"]);
    assert_eq!(registry.api.package("acme/dns/aws", "2.0.0").await?.paths()?, ["dns.tf"]);
    let packs = registry.git.requests().iter().filter(|it| it.ends_with("/git-upload-pack")).count();
    assert_eq!(packs, 1, "{:?}", registry.git.requests());
    Ok(())
}

#[tokio::test]
async fn a_module_that_calls_its_neighbours_brings_them_and_nothing_else() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("mono")?;
    let call = |source: &str| format!("module \"x\" {{\n  source = \"{source}\"\n}}\n");
    repository.commit(&[
        ("lib/a/main.tf", &format!("{MAIN}{}", call("../b"))),
        ("lib/b/main.tf", &call("../../shared/c")),
        ("shared/c/main.tf", PART),
        ("lib/unrelated/main.tf", PART),
        ("README.md", "# All\n"),
    ])?;
    repository.tag("v1.0.0")?;

    let wanted = json!({"source-directory": "lib/a", "name": "a", "provider": "aws"});
    let module = registry.api.settled(&registry.begin("mono", wanted).await?).await?;

    assert_eq!(Api::version_statuses(&module), ["1.0.0 ok"], "{module}");
    let package = registry.api.package("acme/a/aws", "1.0.0").await?;
    assert_eq!(package.directory(), "lib/a", "{}", package.location);
    assert_eq!(package.promised_sha256(), package.sha256());
    assert_eq!(package.paths()?, ["lib/a/main.tf", "lib/b/main.tf", "shared/c/main.tf"]);
    let (_, detail) = registry.api.get("/api/registry/v1/modules/acme/a/aws").await?;
    assert_eq!(names(&detail["root"]["inputs"], "name"), ["name", "tags"]);
    Ok(())
}

#[tokio::test]
async fn name_and_provider_may_be_given() -> Result<()> {
    let registry = Registry::start().await?;
    has_three_tags(&registry.repository("whatever")?)?;

    let wanted = json!({"name": "network", "provider": "google"});
    registry.api.settled(&registry.begin("whatever", wanted).await?).await?;

    assert_eq!(registry.api.installable("acme/network/google").await?, ["1.10.0", "1.1.0", "1.0.0"]);
    Ok(())
}

#[tokio::test]
async fn a_private_repository_opens_with_its_login_alone() -> Result<()> {
    let registry = Registry::start().await?;
    let folder = registry.folder().join("private");
    has_three_tags(&SampleRepository::create(&folder, "terraform-aws-vpc.git")?)?;
    let git = GitServer::start_with_login(&folder, "robot", "hunter2")?;

    for (organization, login, message) in [
        ("right", Some(("robot", "hunter2")), ""),
        ("wrong", Some(("robot", "sesame-street")), "did not accept the credentials"),
        ("none", None, "asks for credentials"),
    ] {
        registry.api.make_organization(organization).await?;
        let token = registry.api.connect(organization, &git.url(), login).await?;
        let module = registry.api.publish(organization, &token, "terraform-aws-vpc", json!({})).await?;
        let module = registry.api.settled(id_of(&module)).await?;

        let told = module["attributes"]["error-message"].as_str().unwrap_or_default();
        assert!(told.contains(message), "{organization}: {module}");
        let expected = if message.is_empty() { 3 } else { 0 };
        assert_eq!(Api::version_statuses(&module).len(), expected, "{organization}: {module}");
    }
    for secret in ["hunter2", "sesame-street"] {
        assert!(!registry.log().contains(secret), "the log holds a password");
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_busy_is_left_alone_for_as_long_as_it_asks() -> Result<()> {
    let registry = Registry::start().await?;
    let server = HostileServer::busy("1800")?;
    let token = registry.api.connect("acme", &server.url(), None).await?;
    registry.api.publish("acme", &token, "acme/terraform-aws-vpc", json!({})).await?;

    // Asked once; then the job waits, half an hour and not the seconds after which it would be tried again otherwise.
    wait_for("the end of the first attempt", || async {
        let attempts = registry.ask("SELECT attempt FROM jobs WHERE kind = 'sync-repository'")?;
        Ok((attempts.trim() == "1").then_some(()))
    })
    .await?;
    let pause = "SELECT (run_after - (SELECT created_at FROM modules)) / 1000 FROM jobs WHERE kind = 'sync-repository'";
    let pause = registry.ask(pause)?;
    assert!(pause.trim().parse::<i64>().is_ok_and(|seconds| seconds >= 1_800), "{pause}");
    assert_eq!(server.requests(), 1);
    Ok(())
}
