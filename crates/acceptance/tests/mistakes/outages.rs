//! Roles that are started while an engine is down: alive at once, not ready, and ready by themselves soon after its return.

use anyhow::{Context, Result};
use reqwest::StatusCode;
use test_kit::cluster::{Engines, Plan, PrivateEngines, Role, Roles};
use test_kit::services::{Database, Postgres, RabbitMq, S3Server, VirtualHost};
use test_kit::{Api, archive_address, wait_for};

use crate::world::World;

/// The engines of a cluster, one of which is on a server of the test's own.
fn engines(replace: impl FnOnce(&mut PrivateEngines) -> Result<()>) -> Result<Plan> {
    let mut engines = PrivateEngines::create()?;
    replace(&mut engines)?;
    Ok(Plan::new(Roles::default()).on(engines))
}

async fn probe(world: &mut World, role: Role, path: &str) -> Result<(u16, String)> {
    let answer = reqwest::get(format!("{}{path}", world.cluster.member(role, 1)?.url()?)).await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

/// Starts the process anew, which comes to answer probes although something is missing.
async fn starts_without(world: &mut World, role: Role, missing: &str) -> Result<()> {
    let member = world.cluster.member(role, 1)?;
    member.kill()?;
    member.start()?;
    assert_eq!(probe(world, role, "/healthz").await?, (200, "ok".to_owned()), "{role:?}: a restart would not help");
    let (status, text) = probe(world, role, "/readyz").await?;
    assert_eq!(status, 503, "{role:?}: {text}");
    assert!(text.contains(missing), "{role:?}: {text}");
    Ok(())
}

/// Waits for readiness, which comes without a restart.
async fn become_ready(world: &mut World, roles: &[Role]) -> Result<()> {
    for role in roles {
        let url = world.cluster.member(*role, 1)?.url()?;
        wait_for("readiness", || async {
            Ok((reqwest::get(format!("{url}/readyz")).await?.status() == StatusCode::OK).then_some(()))
        })
        .await
        .with_context(|| format!("{role:?}"))?;
    }
    Ok(())
}

async fn publishes(world: &World, name: &str) -> Result<()> {
    let (_repository, id) = world.begin(name).await?;
    let module = world.api.settled(&id).await.with_context(|| world.cluster.log())?;
    assert_eq!(Api::version_statuses(&module), ["1.10.0 ok", "1.1.0 ok", "1.0.0 ok"], "{module}");
    Ok(())
}

#[tokio::test]
async fn roles_start_without_the_database_and_an_archivist_even_serves_links() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut server = Postgres::start(&folder.path().join("postgres"))?;
    let plan = engines(|engines| {
        engines.database = Database::create_at(&server.url())?;
        engines.addresses.database_url = engines.database.url();
        Ok(())
    })?;
    let mut world = World::start(plan).await?;
    publishes(&world, "net").await?;
    let package = world.api.package("acme/net/test", "1.0.0").await?;
    let link = archive_address(&package.location);

    server.stop()?;
    let (status, bytes) = world.api.download(&link).await?;
    assert_eq!((status, bytes), (StatusCode::OK, package.bytes.clone()), "a link that was issued before");
    for role in [Role::Gateway, Role::Ingestor, Role::Parser] {
        starts_without(&mut world, role, "the database").await?;
    }
    let archivist = world.cluster.member(Role::Archivist, 1)?;
    archivist.kill()?;
    archivist.start()?;
    assert_eq!(probe(&mut world, Role::Archivist, "/readyz").await?.0, 200, "links can be served");
    let (status, bytes) = world.api.download(&link).await?;
    assert_eq!((status, bytes), (StatusCode::OK, package.bytes), "by one that was started without the database");
    let (status, _) = world.api.get("/api/registry/v1/modules/acme/net/test/versions").await?;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);

    server.start_again()?;
    become_ready(&mut world, &Role::ALL).await?;
    publishes(&world, "more").await
}

#[tokio::test]
async fn roles_start_without_the_broker() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut server = RabbitMq::start(&folder.path().join("rabbitmq"))?;
    let plan = engines(|engines| {
        engines.virtual_host = VirtualHost::create_at(&server.url(), &server.api())?;
        engines.addresses.broker_url = engines.virtual_host.url();
        Ok(())
    })?;
    let mut world = World::start(plan).await?;

    server.kill()?;
    for role in [Role::Ingestor, Role::Parser] {
        starts_without(&mut world, role, "the broker").await?;
    }
    for role in [Role::Gateway, Role::Archivist] {
        let member = world.cluster.member(role, 1)?;
        member.kill()?;
        member.start()?;
        assert_eq!(probe(&mut world, role, "/readyz").await?.0, 200, "{role:?}: jobs wait in the database");
    }
    let (_repository, id) = world.begin("net").await?;

    server.start_again()?;
    become_ready(&mut world, &Role::ALL).await?;
    let module = world.api.settled(&id).await.with_context(|| world.cluster.log())?;
    assert_eq!(Api::version_statuses(&module), ["1.10.0 ok", "1.1.0 ok", "1.0.0 ok"], "{module}");
    Ok(())
}

#[tokio::test]
async fn roles_start_without_the_store_of_blobs() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut server = S3Server::start(&folder.path().join("s3"))?;
    let plan = engines(|engines| {
        let Engines { blobs_url, s3_endpoint, .. } = &mut engines.addresses;
        *blobs_url = format!("s3://{}/quarry", S3Server::BUCKET);
        *s3_endpoint = Some(server.endpoint());
        Ok(())
    })?;
    let mut world = World::start(plan).await?;
    let with_blobs = [Role::Archivist, Role::Ingestor, Role::Parser];

    server.kill()?;
    for role in with_blobs {
        starts_without(&mut world, role, "the store of blobs").await?;
    }
    assert_eq!(probe(&mut world, Role::Gateway, "/readyz").await?.0, 200, "it needs no store");

    server.start_again()?;
    become_ready(&mut world, &with_blobs).await?;
    publishes(&world, "net").await
}
