//! A hook of a repository tells the registry of a new tag.

use anyhow::{Context, Result, ensure};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Client;
use serde_json::{Value, json};
use sha2::Sha256;
use test_kit::{Registry, answered, wait_for};

const VPC: &str = "acme/vpc/aws";

async fn new_secret(registry: &Registry, module: &str) -> Result<(String, String)> {
    let path = format!("/api/v2/registry-modules/{module}/actions/new-webhook-secret");
    let (status, answer) = registry.api.post(&path, json!({})).await?;
    ensure!(status == 201, "{status} {answer}");
    let attribute =
        |name: &str| answer["data"]["attributes"][name].as_str().map(str::to_owned).context(name.to_owned());
    Ok((attribute("webhook-url")?, attribute("secret")?))
}

async fn deliver(url: &str, secret: &str, body: &'static str) -> Result<(u16, Value)> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(body.as_bytes());
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let request = Client::new().post(url).header("X-Quarry-Signature-256", signature).header("X-Quarry-Delivery", "1");
    let answer = answered(request.body(body)).await?;
    Ok((answer.status().as_u16(), answer.json().await?))
}

#[tokio::test]
async fn a_new_tag_is_installable_soon_after_its_delivery() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.release_three_times()?;
    let module = registry.publish("terraform-aws-vpc").await?;
    let id = module["id"].as_str().context("no id")?;
    let (url, secret) = new_secret(&registry, id).await?;
    repository.tag("v3.0.0")?;

    assert_eq!(deliver(&url, "another secret", "{}").await?.0, 401);
    assert_eq!(deliver(&url, &secret, "{}").await?, (202, json!({"outcome": "sync"})));
    assert_eq!(deliver(&url, &secret, "{}").await?, (202, json!({"outcome": "repeated"})));

    wait_for("the new version", || async {
        Ok((registry.api.installable(VPC).await?.first().is_some_and(|it| it == "3.0.0")).then_some(()))
    })
    .await?;
    let (_, log) = registry.api.get(&format!("/api/v2/registry-modules/{id}/webhook-deliveries")).await?;
    let outcomes: Vec<_> =
        log["data"].as_array().into_iter().flatten().map(|it| &it["attributes"]["outcome"]).collect();
    assert_eq!(outcomes, ["sync", "refused"]);
    assert!(!registry.log().contains(&secret));
    Ok(())
}
