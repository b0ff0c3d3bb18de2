//! Blobs that are altered, cut or deleted in the store: never served whole, shown on their version, and made again from
//! Git, or by the same upload.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use flate2::{Compression, write::GzEncoder};
use reqwest::StatusCode;
use serde_json::{Value, json};
use test_kit::cluster::{Plan, Role, Roles};
use test_kit::{Api, Registry, archive_address, wait_for};

#[path = "distributed/world.rs"]
mod world;

use world::World;

const NAME: &str = "terraform-test-net";
const MODULE: &str = "acme/net/test";

#[derive(Clone, Copy, Debug)]
enum Damage {
    Flip,
    Truncate,
    Delete,
}

impl Damage {
    const ALL: [Self; 3] = [Self::Flip, Self::Truncate, Self::Delete];

    fn inflict(self, path: &Path) -> Result<()> {
        let mut bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let middle = bytes.len() / 2;
        match self {
            Self::Flip => bytes[middle] ^= 1,
            Self::Truncate => bytes.truncate(middle),
            Self::Delete => return Ok(std::fs::remove_file(path)?),
        }
        Ok(std::fs::write(path, bytes)?)
    }
}

/// Asks for the archive behind a link; it must not come.
async fn is_not_served(api: &Api, location: &str) {
    let outcome = api.download(&archive_address(location)).await;
    assert!(!matches!(outcome, Ok((StatusCode::OK, _))), "a damaged archive came to its end: {outcome:?}");
}

async fn module(api: &Api, id: &str) -> Result<Value> {
    let (status, mut answer) = api.get(&format!("/api/v2/registry-modules/{id}")).await?;
    ensure!(status == StatusCode::OK, "{status} {answer}");
    Ok(answer["data"].take())
}

/// What the module says of this version; nothing if it is well.
async fn message(api: &Api, id: &str, version: &str) -> Result<String> {
    Ok(Api::version_error(&module(api, id).await?, version))
}

async fn comes_to_say(api: &Api, id: &str, part: &str) -> Result<String> {
    let said = wait_for(part, || async {
        let said = message(api, id, "1.0.0").await?;
        Ok(said.contains(part).then_some(said))
    });
    let outcome = said.await;
    assert!(outcome.is_ok(), "it says {:?} and not {part:?}", message(api, id, "1.0.0").await?);
    outcome
}

/// Waits until the archive is whole again; it has the checksum that it always had, and nobody complains any more.
async fn comes_back(api: &Api, id: &str, sha256: &str) -> Result<()> {
    let back = wait_for("the archive", || async {
        let Ok(package) = api.package(MODULE, "1.0.0").await else { return Ok(None) };
        assert_eq!(package.promised_sha256(), sha256, "a published version changed");
        assert_eq!(package.sha256(), sha256, "other bytes were served");
        Ok(message(api, id, "1.0.0").await?.is_empty().then_some(()))
    });
    let outcome = back.await;
    assert!(outcome.is_ok(), "{outcome:?}: {:?}", message(api, id, "1.0.0").await?);
    Ok(())
}

fn id_of(module: &Value) -> Result<String> {
    module["id"].as_str().map(str::to_owned).context("the module has no id")
}

#[tokio::test]
async fn a_damaged_archive_from_git_is_not_served_and_comes_back_by_itself() -> Result<()> {
    let registry = Registry::start().await?;
    registry.repository(NAME)?.release_three_times()?;
    let id = id_of(&registry.publish(NAME).await?)?;
    let whole = registry.api.package(MODULE, "1.0.0").await?;
    for damage in Damage::ALL {
        damage.inflict(&registry.blob_path(&whole.sha256())?)?;

        is_not_served(&registry.api, &whole.location).await;

        comes_back(&registry.api, &id, &whole.sha256()).await.with_context(|| format!("{damage:?}"))?;
        let installable = registry.api.installable(MODULE).await?;
        assert_eq!(installable, ["1.10.0", "1.1.0", "1.0.0"], "{damage:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_version_says_so_as_long_as_its_repository_cannot_be_read() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository(NAME)?;
    repository.release_three_times()?;
    let id = id_of(&registry.publish(NAME).await?)?;
    let whole = registry.api.package(MODULE, "1.0.0").await?;
    let away = repository.path().with_extension("away");
    for damage in Damage::ALL {
        std::fs::rename(repository.path(), &away)?;
        damage.inflict(&registry.blob_path(&whole.sha256())?)?;
        is_not_served(&registry.api, &whole.location).await;

        let said = comes_to_say(&registry.api, &id, "could not be made again: ").await?;

        assert!(said.starts_with("The stored archive of this version was damaged"), "{damage:?}: {said}");
        let now = module(&registry.api, &id).await?;
        assert_eq!(Api::version_statuses(&now), ["1.10.0 ok", "1.1.0 ok", "1.0.0 ok"], "{damage:?}");
        assert_eq!(Api::version_error(&now, "1.1.0"), "", "{damage:?}: the other versions are well");
        std::fs::rename(&away, repository.path())?;
        is_not_served(&registry.api, &whole.location).await;
        comes_back(&registry.api, &id, &whole.sha256()).await.with_context(|| format!("{damage:?}"))?;
    }
    Ok(())
}

#[tokio::test]
async fn a_damaged_upload_comes_back_by_the_same_upload_and_by_no_other() -> Result<()> {
    let registry = Registry::start().await?;
    let (id, archive) = (has_uploaded_module(&registry).await?, archive("variable \"name\" {}\n")?);
    let whole = registry.api.package(MODULE, "1.0.0").await?;
    for damage in Damage::ALL {
        damage.inflict(&registry.blob_path(&whole.sha256())?)?;
        is_not_served(&registry.api, &whole.location).await;
        let said = comes_to_say(&registry.api, &id, "upload the same archive again").await?;
        assert!(said.starts_with("The stored archive of this version was damaged"), "{damage:?}: {said}");
        let link = upload_link(&registry.api).await?.with_context(|| format!("{damage:?}: no link to upload to"))?;

        let (other, answer) = registry.api.upload(&link, self::archive("variable \"other\" {}\n")?).await?;
        let (same, _) = registry.api.upload(&link, archive.clone()).await?;

        assert_eq!((other, same), (StatusCode::CONFLICT, StatusCode::OK), "{damage:?}: {answer}");
        comes_back(&registry.api, &id, &whole.sha256()).await.with_context(|| format!("{damage:?}"))?;
        assert_eq!(upload_link(&registry.api).await?, None, "{damage:?}: there is nothing to upload any more");
    }
    Ok(())
}

#[tokio::test]
async fn an_archive_that_is_damaged_before_its_version_is_ok_is_made_again() -> Result<()> {
    for damage in Damage::ALL {
        let mut world = World::start(Plan::new(Roles { parsers: 0, ..Roles::default() })).await?;
        let (_repository, id) = world.begin("net").await?;
        let archived = wait_for("the archives", || async {
            let rows = "SELECT archive_sha256 FROM module_versions WHERE status = 'ingested'";
            let digests = world.cluster.engines().database.ask(rows)?;
            Ok((digests.lines().count() == 3).then_some(digests))
        })
        .await?;
        for sha256 in archived.lines() {
            let blobs = world.cluster.engines().blobs_dir()?;
            damage.inflict(&blobs.join("sha256").join(&sha256[..2]).join(&sha256[2..]))?;
        }

        world.cluster.add(Role::Parser).start()?;

        let settled = wait_for("ok", || async {
            let statuses = Api::version_statuses(&module(&world.api, &id).await?);
            Ok((statuses == ["1.10.0 ok", "1.1.0 ok", "1.0.0 ok"]).then_some(()))
        });
        let outcome = settled.await;
        assert!(outcome.is_ok(), "{damage:?}: {}", module(&world.api, &id).await?);
        for version in ["1.0.0", "1.1.0", "1.10.0"] {
            let package = world.api.package(MODULE, version).await?;
            assert_eq!(package.promised_sha256(), package.sha256(), "{damage:?}");
            assert!(archived.lines().any(|known| known == package.sha256()), "{damage:?}");
        }
    }
    Ok(())
}

/// The id of a module whose version 1.0.0 was uploaded.
async fn has_uploaded_module(registry: &Registry) -> Result<String> {
    let attributes = json!({"name": "net", "provider": "test", "registry-name": "private"});
    let body = json!({"data": {"type": "registry-modules", "attributes": attributes}});
    let (status, answer) = registry.api.post("/api/v2/organizations/acme/registry-modules", body).await?;
    ensure!(status == StatusCode::CREATED, "{status} {answer}");
    let id = id_of(&answer["data"])?;
    let body = json!({"data": {"type": "registry-module-versions", "attributes": {"version": "1.0.0"}}});
    let path = format!("/api/v2/organizations/acme/registry-modules/private/{MODULE}/versions");
    let (status, answer) = registry.api.post(&path, body).await?;
    ensure!(status == StatusCode::CREATED, "{status} {answer}");
    let link = answer["data"]["links"]["upload"].as_str().context("no link")?;
    let (status, answer) = registry.api.upload(link, archive("variable \"name\" {}\n")?).await?;
    ensure!(status == StatusCode::OK, "{status} {answer}");
    wait_for("ok", || async {
        Ok((Api::version_statuses(&module(&registry.api, &id).await?) == ["1.0.0 ok"]).then_some(()))
    })
    .await?;
    Ok(id)
}

async fn upload_link(api: &Api) -> Result<Option<String>> {
    let path = format!("/api/v2/organizations/acme/registry-modules/private/{MODULE}/version?module_version=1.0.0");
    let (status, answer) = api.get(&path).await?;
    ensure!(status == StatusCode::OK, "{status} {answer}");
    Ok(answer["data"]["links"]["upload"].as_str().map(str::to_owned))
}

fn archive(main: &str) -> Result<Vec<u8>> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(u64::try_from(main.len())?);
    header.set_mode(0o644);
    tar.append_data(&mut header, "main.tf", main.as_bytes())?;
    Ok(tar.into_inner()?.finish()?)
}
