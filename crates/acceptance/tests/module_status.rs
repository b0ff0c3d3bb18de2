//! `quarry module status` on a running registry.

use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use test_kit::{Registry, binary};

/// The command with these arguments, on the token's behalf. Elsewhere, because the registry may need this runtime.
async fn status(registry: &Registry, token: &str, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(binary()?);
    command.args(["module", "status"]).args(arguments).env_clear();
    command.env("QUARRY_SERVER", registry.url()).env("QUARRY_TOKEN", token);
    Ok(tokio::task::spawn_blocking(move || command.output()).await??)
}

/// What it prints.
async fn shown(registry: &Registry, token: &str, arguments: &[&str]) -> Result<String> {
    let output = status(registry, token, arguments).await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// What it says when it fails.
async fn refusal(registry: &Registry, arguments: &[&str]) -> Result<String> {
    let output = status(registry, &registry.admin_token()?, arguments).await?;
    ensure!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    Ok(String::from_utf8(output.stderr)?)
}

async fn reader_token(registry: &Registry) -> Result<String> {
    let body = json!({"data": {"attributes": {"rights": "read"}}});
    let (status, answer) = registry.api.post("/api/v2/organizations/acme/service-tokens", body).await?;
    ensure!(status == 201, "{status} {answer}");
    answer["data"]["attributes"]["token"].as_str().map(str::to_owned).context("no token")
}

#[tokio::test]
async fn a_module_is_shown_with_its_source_and_its_versions() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.release_three_times()?;
    let commit = repository.git(&["rev-parse", "v1.10.0"], b"")?;
    repository.tag_many((0..20).map(|patch| format!("v0.1.{patch}")))?;
    registry.publish("terraform-aws-vpc").await?;
    let admin = registry.admin_token()?;

    let text = shown(&registry, &admin, &["acme/vpc/aws"]).await?;

    for line in ["module      acme/vpc/aws", "status      setup_complete", "delivery    none yet"] {
        assert!(text.lines().any(|it| it == line), "{line:?} is missing: {text}");
    }
    let repository = format!("repository  {}/terraform-aws-vpc", registry.git.url().trim_end_matches('/'));
    assert!(text.contains(&repository), "{repository}: {text}");
    let newest = text.lines().find(|line| line.starts_with("1.10.0 ")).context("no newest version")?;
    let cells: Vec<&str> = newest.split_whitespace().collect();
    assert_eq!(cells[..4], ["1.10.0", "ok", "v1.10.0", &commit[..7]], "{text}");
    assert_eq!(cells.iter().filter(|cell| cell.starts_with('+')).count(), 3, "three steps after the first: {text}");
    assert!(text.ends_with("and 3 older ones: see --all\n"), "{text}");
    assert!(!text.contains("0.1.0 "), "{text}");
    let all = shown(&registry, &admin, &["acme/vpc/aws", "--all"]).await?;
    assert!(all.contains("\n0.1.0 ") && !all.contains("older ones"), "{all}");
    Ok(())
}

#[tokio::test]
async fn it_is_given_to_programs_as_json_and_says_what_failed() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.commit(&[("README.md", "Nothing to install.\n")])?;
    repository.tag("v1.0.0")?;
    registry.publish("terraform-aws-vpc").await?;

    let text = shown(&registry, &registry.admin_token()?, &["acme/vpc/aws"]).await?;
    let json = shown(&registry, &reader_token(&registry).await?, &["acme/vpc/aws", "--json"]).await?;

    assert!(text.contains("\n    parse failed: "), "{text}");
    let json: Value = serde_json::from_str(&json)?;
    assert_eq!(json["module"]["attributes"]["name"], "vpc");
    assert_eq!(json["versions"][0]["attributes"]["timeline"]["failed-stage"], "parse");
    assert_eq!(json["webhook-deliveries"], Value::Null, "only owners see them");
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_and_what_is_no_address_is_said() -> Result<()> {
    let registry = Registry::start().await?;

    let missing = refusal(&registry, &["acme/vpc/aws"]).await?;
    assert_eq!(missing, "quarry: there is no module acme/vpc/aws, or the token may not see it\n");
    let no_address = refusal(&registry, &["quarry.local/acme/vpc/aws"]).await?;
    assert!(no_address.contains("write NAMESPACE/NAME/PROVIDER, such as acme/vpc/aws"), "{no_address}");
    let no_token = status(&registry, "quarry_wrong", &["acme/vpc/aws"]).await?;
    assert!(String::from_utf8(no_token.stderr)?.contains("the registry does not accept the token"));
    Ok(())
}
