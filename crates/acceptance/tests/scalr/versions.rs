//! Versions: what they show, how they are found, their bytes, and trying them again.

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::Package;

use crate::world::{World, id};

const MAIN: &str = "variable \"cidr\" {\n  type        = string\n  description = \"Address block\"\n  default     = \"10.0.0.0/16\"\n}\n\n\
                    variable \"count_of\" {\n  default = 3\n}\n\nvariable \"flag\" {\n  default = false\n}\n\nvariable \"name\" {}\n\n\
                    output \"vpc_id\" {\n  description = \"Id\"\n  value       = aws_vpc.this.id\n  sensitive   = true\n}\n\n\
                    resource \"aws_vpc\" \"this\" {}\n\ndata \"aws_region\" \"here\" {}\n\n\
                    module \"label\" {\n  source  = \"cloudposse/label/null\"\n  version = \"0.25.0\"\n}\n";

async fn vpc() -> Result<(World, Value)> {
    let world = World::start().await?;
    let repository = world.registry.repository("terraform-aws-vpc")?;
    for tag in ["v1.0.0", "v1.1.0", "v1.10.0"] {
        repository.commit(&[("README.md", &format!("# Release {tag}\n")), ("main.tf", MAIN)])?;
        repository.tag(tag)?;
    }
    let module = world.publish("terraform-aws-vpc", &json!({})).await?;
    Ok((world, module))
}

#[tokio::test]
async fn a_version_shows_its_interface_with_the_types_of_its_defaults() -> Result<()> {
    let (world, module) = vpc().await?;
    let active = module["relationships"]["module-version"]["data"]["id"].as_str().context("no version")?;

    let answer = world.get(&format!("/module-versions/{active}?include=module,vcs-revision")).await?;

    assert_eq!(answer.status, 200, "{answer:?}");
    let version = &answer.body["data"];
    let attributes = &version["attributes"];
    let told = |name: &str| attributes[name].clone();
    assert_eq!((told("version"), told("status"), told("source")), (json!("1.10.0"), json!("ok"), json!("vcs")));
    assert_eq!(told("details"), "# Release v1.10.0\n");
    assert_eq!(told("is-root-module"), true);
    assert!(told("size").as_i64() > Some(0) && told("error-message").is_null());
    let defaults: Vec<Value> =
        told("inputs").as_array().cloned().unwrap_or_default().iter().map(|input| input["default"].clone()).collect();
    assert_eq!(defaults, [json!("10.0.0.0/16"), json!(3), json!(false), Value::Null]);
    assert_eq!(attributes["inputs"][0]["type"], "string");
    let output = json!({"name": "vpc_id", "description": "Id", "sensitive": true, "value": "aws_vpc.this.id"});
    assert_eq!(told("outputs"), json!([output]));
    let resources = json!([
        {"type": "aws_vpc", "address": "aws_vpc.this"},
        {"type": "aws_region", "address": "data.aws_region.here"},
    ]);
    assert_eq!(told("resources"), resources);
    assert_eq!(told("dependencies"), json!({"label": {"source": "cloudposse/label/null", "version": "0.25.0"}}));
    for name in ["module", "registry-module"] {
        assert_eq!(version["relationships"][name]["data"], json!({"id": module["id"], "type": "modules"}));
    }
    assert_eq!(answer.included(), ["modules", "vcs-revisions"]);
    let revision = &answer.body["included"][1];
    assert_eq!(revision["id"], version["relationships"]["vcs-revision"]["data"]["id"]);
    assert_eq!(revision["attributes"]["commit-sha"].as_str().map(str::len), Some(40));
    assert!(revision["attributes"]["clone-url"].as_str().is_some_and(|url| url.contains("terraform-aws-vpc")));
    assert_eq!(revision["attributes"]["repository-id"], "terraform-aws-vpc");
    Ok(())
}

#[tokio::test]
async fn versions_are_found_by_number_and_status_newest_first() -> Result<()> {
    let (world, module) = vpc().await?;
    let path = format!("/module-versions?filter[module]={}", id(&module));

    for (query, expected) in [
        ("", &["1.10.0", "1.1.0", "1.0.0"][..]),
        ("&sort=version", &["1.0.0", "1.1.0", "1.10.0"]),
        ("&sort=-version", &["1.10.0", "1.1.0", "1.0.0"]),
        ("&filter[version]=1.1.0", &["1.1.0"]),
        ("&filter[version]=v1.1", &["1.1.0"]),
        ("&filter[version]=1.0.0,1.10.0", &["1.10.0", "1.0.0"]),
        ("&filter[version]=nonsense", &[]),
        ("&filter[status]=ok", &["1.10.0", "1.1.0", "1.0.0"]),
        ("&filter[status]=errored,pending", &[]),
        ("&page[size]=2&page[number]=2", &["1.0.0"]),
    ] {
        let answer = world.get(&format!("{path}{query}")).await?;
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        assert_eq!(answer.all("version"), expected, "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn the_link_of_a_version_is_its_archive_for_whoever_has_it() -> Result<()> {
    let (world, module) = vpc().await?;
    let path = format!("/module-versions?filter[module]={}&filter[version]=1.1.0", id(&module));
    let answer = world.get(&path).await?;
    let link = answer.body["data"][0]["links"]["download"].as_str().context("no link")?.to_owned();
    assert!(link.contains("/api/tfe/v1/blobs/"), "{link}");

    let (status, bytes) = world.registry.api.download(&link).await?;
    let installed: Package = world.registry.api.package("acme/vpc/aws", "1.1.0").await?;

    assert_eq!(status, 200);
    assert_eq!(bytes, installed.bytes);
    assert_eq!(world.registry.api.download(&format!("{link}x")).await?.0, 403);
    Ok(())
}

#[tokio::test]
async fn a_version_is_tried_again_by_post_and_by_get() -> Result<()> {
    let (world, module) = vpc().await?;
    let version = world.version_at(id(&module), "1.1.0", "ok").await?;
    let path = format!("/module-versions/{}/actions/resync", id(&version));

    for method in [Method::POST, Method::GET] {
        let answer = world.send(method.clone(), &path, &Value::Null).await?;
        assert_eq!((answer.status.as_u16(), &answer.body), (204, &Value::Null), "{method}");
    }

    assert_eq!(world.send_as("nobody", Method::GET, &path, &Value::Null).await?.status, 401);
    let (_, entries) = world.registry.api.get("/api/v2/audit-entries?filter[action]=resync-version").await?;
    assert_eq!(entries["data"].as_array().map(Vec::len), Some(2), "{entries}");
    Ok(())
}
