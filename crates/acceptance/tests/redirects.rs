//! `QUARRY_DOWNLOADS=redirect`: links lead to presigned addresses of the store, and checksums hold all the same.

#[path = "distributed/world.rs"]
mod world;

use std::process::Command;

use anyhow::{Context, Result};
use reqwest::header::{CACHE_CONTROL, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode};
use test_kit::cluster::{Plan, Role, Roles};
use test_kit::{Api, archive_address, binary};

use world::World;

const MODULE: &str = "acme/net/test";

fn redirecting() -> Plan {
    Plan::new(Roles::default()).set_for(Role::Archivist, "QUARRY_DOWNLOADS", "redirect")
}

async fn publish(world: &World) -> Result<()> {
    let (_repository, id) = world.begin("net").await?;
    let module = world.api.settled(&id).await?;
    assert_eq!(Api::version_statuses(&module), ["1.10.0 ok", "1.1.0 ok", "1.0.0 ok"], "{module}");
    Ok(())
}

/// What a client gets that follows nothing by itself and sends no credentials.
async fn ask(method: Method, address: &str) -> Result<Response> {
    let client = Client::builder().redirect(Policy::none()).build()?;
    Ok(client.request(method, address).send().await?)
}

fn target(response: &Response) -> Result<String> {
    Ok(response.headers().get(LOCATION).context("no Location")?.to_str()?.to_owned())
}

/// The presigned address behind a fresh link of version 1.0.0, and the checksum that the link promises.
async fn presigned(world: &World) -> Result<(String, String)> {
    let location = world.api.location(MODULE, "1.0.0").await?;
    let answer = ask(Method::GET, &archive_address(&location)).await?;
    assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT, "{location}");
    let promised = location.split_once("checksum=sha256:").context("no checksum")?.1;
    let promised = promised.split('&').next().unwrap_or_default();
    Ok((target(&answer)?, promised.to_owned()))
}

#[tokio::test]
async fn a_link_leads_to_an_address_of_the_store_that_gives_the_bytes_to_anybody() -> Result<()> {
    let world = World::start(redirecting()).await?;
    publish(&world).await?;
    let endpoint = std::env::var("AWS_ENDPOINT_URL")?;

    let package = world.api.package(MODULE, "1.0.0").await?;
    let redirect = ask(Method::GET, &archive_address(&package.location)).await?;
    let address = target(&redirect)?;
    let stored = ask(Method::GET, &address).await?;

    assert_eq!(package.promised_sha256(), package.sha256(), "a client that follows by itself");
    assert_eq!(package.text("README.md")?, "# Release v1.0.0\n");
    assert_eq!(redirect.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(redirect.headers()[CACHE_CONTROL], "private, no-store", "the address lives for a minute");
    assert_eq!(redirect.bytes().await?.len(), 0);
    assert!(address.starts_with(&format!("{endpoint}/")), "{address} does not begin with {endpoint}");
    assert!(!address.contains(&std::env::var("AWS_SECRET_ACCESS_KEY")?), "the secret is in the address");
    assert_eq!(stored.status(), StatusCode::OK);
    assert_eq!(stored.bytes().await?, package.bytes);
    Ok(())
}

#[tokio::test]
async fn head_is_answered_by_the_archivist_itself() -> Result<()> {
    let world = World::start(redirecting()).await?;
    publish(&world).await?;
    let package = world.api.package(MODULE, "1.0.0").await?;

    let answer = ask(Method::HEAD, &archive_address(&package.location)).await?;

    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-length"], package.bytes.len().to_string());
    assert_eq!(answer.headers()["content-type"], "application/gzip");
    Ok(())
}

#[tokio::test]
async fn an_altered_address_opens_nothing() -> Result<()> {
    let world = World::start(redirecting()).await?;
    publish(&world).await?;
    let (address, sha256) = presigned(&world).await?;
    let other = world.api.package(MODULE, "1.1.0").await?.sha256();
    let last = if address.ends_with('0') { "1" } else { "0" };
    let altered = [
        ("another signature", format!("{}{last}", &address[..address.len() - 1])),
        ("another blob", address.replace(&sha256[2..], &other[2..]).replace(&sha256[..2], &other[..2])),
        ("a longer life", address.replace("X-Amz-Expires=60", "X-Amz-Expires=6000")),
        ("no signature", address.split('?').next().unwrap_or_default().to_owned()),
    ];

    for (what, altered) in altered {
        assert_ne!(altered, address, "{what}");
        let status = ask(Method::GET, &altered).await?.status();
        assert_eq!(status, StatusCode::FORBIDDEN, "{what}: {altered}");
    }
    assert_eq!(ask(Method::GET, &address).await?.status(), StatusCode::OK);
    assert_eq!(ask(Method::DELETE, &address).await?.status(), StatusCode::FORBIDDEN, "it is for reading");
    Ok(())
}

#[tokio::test]
async fn addresses_begin_with_the_public_endpoint_of_the_store() -> Result<()> {
    // The same server under another name: what is signed is this name.
    let public = std::env::var("AWS_ENDPOINT_URL")?.replace("127.0.0.1", "localhost");
    let world = World::start(redirecting().set_for(Role::Archivist, "QUARRY_BLOBS_PUBLIC_ENDPOINT", &public)).await?;
    publish(&world).await?;

    let (address, _) = presigned(&world).await?;
    let package = world.api.package(MODULE, "1.0.0").await?;

    assert!(address.starts_with(&format!("{public}/")), "{address} does not begin with {public}");
    assert_eq!(package.promised_sha256(), package.sha256());
    Ok(())
}

#[tokio::test]
async fn nobody_is_sent_to_a_blob_that_is_cut_or_gone() -> Result<()> {
    let mut world = World::start(redirecting()).await?;
    publish(&world).await?;
    // Otherwise it makes the blob again.
    world.cluster.member(Role::Ingestor, 1)?.kill()?;
    let location = world.api.location(MODULE, "1.0.0").await?;
    let (_, sha256) = presigned(&world).await?;
    let path = world.cluster.engines().blobs_dir()?.join("sha256").join(&sha256[..2]).join(&sha256[2..]);
    let bytes = std::fs::read(&path)?;

    std::fs::write(&path, &bytes[..bytes.len() / 2])?;
    let cut = ask(Method::GET, &archive_address(&location)).await?.status();
    std::fs::remove_file(&path)?;
    let gone = ask(Method::GET, &archive_address(&location)).await?.status();

    assert_eq!((cut, gone), (StatusCode::INTERNAL_SERVER_ERROR, StatusCode::NOT_FOUND));
    Ok(())
}

#[tokio::test]
async fn a_directory_cannot_be_redirected_to_and_the_start_says_so() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let blobs = format!("file://{}", folder.path().join("blobs").display());
    let engines = [
        ("QUARRY_DATABASE_URL", "postgres://nobody@127.0.0.1:1/none"),
        ("QUARRY_BROKER_URL", "amqp://nobody@127.0.0.1:1/none"),
        ("QUARRY_LINK_KEYS", "any"),
    ];
    for (role, settings) in [("archivist", engines.as_slice()), ("serve", &[])] {
        let output = Command::new(binary()?)
            .arg(role)
            .env_clear()
            .env("QUARRY_DATA_DIR", folder.path())
            .env("QUARRY_LISTEN", "127.0.0.1:0")
            .env("QUARRY_BLOBS_URL", &blobs)
            .env("QUARRY_DOWNLOADS", "redirect")
            .envs(settings.iter().copied())
            .output()?;

        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{role} started");
        assert!(said.contains("QUARRY_DOWNLOADS must be stream for a directory"), "{role}: {said}");
        assert!(output.stdout.is_empty(), "{role} said something before it was refused");
    }
    Ok(())
}
