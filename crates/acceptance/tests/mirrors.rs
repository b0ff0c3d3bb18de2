//! The mirror of a repository is only a cache.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use test_kit::{Api, Registry};

const VPC: &str = "acme/vpc/aws";
const MAIN: &str = "variable \"name\" {}\n";

fn id_of(module: &Value) -> &str {
    module["id"].as_str().unwrap_or_default()
}

type Damage = fn(&Path) -> Result<()>;

#[tokio::test]
async fn a_mirror_that_is_lost_or_damaged_is_made_anew() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.release_three_times()?;
    let module = registry.publish("terraform-aws-vpc").await?;
    let mirrors = registry.mirrors_dir()?;
    let damages: [(&str, Damage); 5] = [
        ("all of it is lost", |mirror| Ok(fs::remove_dir_all(mirror)?)),
        ("packs are cut off", |mirror| overwrite(mirror, "pack", |bytes| bytes.truncate(bytes.len() / 2))),
        ("packs are altered", |mirror| {
            overwrite(mirror, "pack", |bytes| bytes.iter_mut().skip(12).for_each(|it| *it ^= 1))
        }),
        ("indexes are empty", |mirror| overwrite(mirror, "idx", Vec::clear)),
        ("packs are lost", |mirror| remove(mirror, "pack")),
    ];
    for (number, (damage, apply)) in damages.into_iter().enumerate() {
        let mirror =
            fs::read_dir(&mirrors)?.flatten().map(|it| it.path()).find(|it| it.extension() == Some("git".as_ref()));
        apply(&mirror.context("no mirror")?)?;
        repository.commit(&[("more.tf", &format!("variable \"v{number}\" {{}}\n"))])?;
        repository.tag(&format!("v2.{number}.0"))?;

        let module = registry.api.look_again(id_of(&module), false).await?;

        assert_eq!(Api::version_statuses(&module)[0], format!("2.{number}.0 ok"), "{damage}: {module}");
        let paths = registry.api.package(VPC, &format!("2.{number}.0")).await?.paths()?;
        assert_eq!(paths, ["README.md", "main.tf", "modules/part/main.tf", "more.tf"], "{damage}");
    }
    Ok(())
}

/// The files of the mirror whose names end like this.
fn files_of(mirror: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let files = fs::read_dir(mirror.join("objects/pack"))?.flatten().map(|entry| entry.path());
    let found: Vec<PathBuf> = files.filter(|path| path.extension() == Some(extension.as_ref())).collect();
    anyhow::ensure!(!found.is_empty(), "there is no .{extension}");
    Ok(found)
}

fn remove(mirror: &Path, extension: &str) -> Result<()> {
    Ok(files_of(mirror, extension)?.iter().try_for_each(fs::remove_file)?)
}

fn overwrite(mirror: &Path, extension: &str, change: fn(&mut Vec<u8>)) -> Result<()> {
    for path in files_of(mirror, extension)? {
        let mut bytes = fs::read(&path)?;
        change(&mut bytes);
        fs::remove_file(&path)?;
        fs::write(&path, bytes)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_repository_that_was_made_anew_adds_its_new_tags() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.release_three_times()?;
    let module = registry.publish("terraform-aws-vpc").await?;
    let before = registry.api.package(VPC, "1.0.0").await?;
    fs::remove_dir_all(repository.path())?;
    let repository = registry.repository("terraform-aws-vpc")?;
    repository.commit(&[("other.tf", MAIN)])?;
    repository.tag("v1.0.0")?;
    repository.tag("v2.0.0")?;

    let module = registry.api.look_again(id_of(&module), false).await?;

    assert_eq!(Api::version_statuses(&module), ["2.0.0 ok", "1.10.0 ok", "1.1.0 ok", "1.0.0 ok"]);
    assert_eq!(registry.api.package(VPC, "2.0.0").await?.paths()?, ["other.tf"]);
    assert_eq!(registry.api.package(VPC, "1.0.0").await?.bytes, before.bytes);
    Ok(())
}
