//! The real tofu, pinned in `clients/go.mod`, on a cluster: each way of sending archives is installed from, and an altered
//! blob is noticed.

#[path = "clients/built.rs"]
mod built;
#[path = "distributed/world.rs"]
mod world;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result};
use test_kit::Api;
use test_kit::cluster::{Plan, Role, Roles};

use world::World;

/// With a dot: the CLIs refuse hosts without one.
const HOST: &str = "registry.acme.test";
const MODULE: &str = "acme/net/test";

async fn start(downloads: &str) -> Result<World> {
    let plan = Plan::new(Roles::default()).set_for(Role::Archivist, "QUARRY_DOWNLOADS", downloads);
    let world = World::start(plan).await?;
    let (_repository, id) = world.begin("net").await?;
    let module = world.api.settled(&id).await?;
    assert_eq!(Api::version_statuses(&module), ["1.10.0 ok", "1.1.0 ok", "1.0.0 ok"], "{module}");
    Ok(world)
}

/// `tofu init` in `folder` of a configuration that calls version 1.1.0, and a part of it.
fn init(world: &World, folder: &Path) -> Result<Output> {
    let work = folder.join("work");
    fs::create_dir_all(&work)?;
    let call =
        |name, source| format!("module \"{name}\" {{\n  source  = \"{HOST}/{source}\"\n  version = \"~> 1.1.0\"\n}}\n");
    fs::write(work.join("main.tf"), call("whole", MODULE) + &call("part", "acme/net/test//modules/part"))?;
    let services = format!("{}/api/registry/v1/modules/", world.cluster.url());
    let config = format!("host \"{HOST}\" {{\n  services = {{ \"modules.v1\" = \"{services}\" }}\n}}\n");
    let config_file = folder.join("cli.tfrc");
    fs::write(&config_file, config)?;
    Command::new(tofu())
        .args(["init", "-no-color", "-backend=false"])
        .current_dir(&work)
        .env_clear()
        .env("HOME", folder)
        .env("TF_CLI_CONFIG_FILE", &config_file)
        .env("TF_TOKEN_registry_acme_test", world.cluster.admin_token()?)
        .output()
        .context("tofu does not start")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn tofu_installs_whether_archives_are_streamed_or_redirected() -> Result<()> {
    for downloads in ["stream", "redirect"] {
        let (world, folder) = (start(downloads).await?, tempfile::tempdir()?);

        let output = init(&world, folder.path())?;

        assert!(output.status.success(), "{downloads}: {}", text(&output));
        let installed = |path: &str| fs::read_to_string(folder.path().join("work/.terraform/modules").join(path));
        assert_eq!(installed("whole/README.md")?, "# Release v1.1.0\n", "{downloads}");
        assert!(installed("part/modules/part/main.tf")?.contains("variable \"size\""), "{downloads}");
    }
    Ok(())
}

#[tokio::test]
async fn tofu_notices_an_altered_blob_whether_it_is_streamed_or_redirected() -> Result<()> {
    for downloads in ["stream", "redirect"] {
        let (mut world, folder) = (start(downloads).await?, tempfile::tempdir()?);
        // Otherwise it makes the blob again.
        world.cluster.member(Role::Ingestor, 1)?.kill()?;
        let sha256 = world.api.package(MODULE, "1.1.0").await?.sha256();
        let path = world.cluster.engines().blobs_dir()?.join("sha256").join(&sha256[..2]).join(&sha256[2..]);
        let mut bytes = fs::read(&path)?;
        // A byte of the gzip header that nothing reads: only the checksum can tell.
        let last = bytes.get_mut(9).context("a gzip header")?;
        *last ^= 1;
        fs::write(&path, bytes)?;

        let output = init(&world, folder.path())?;

        assert!(!output.status.success(), "{downloads}: an altered archive was installed: {}", text(&output));
        assert!(!folder.path().join("work/.terraform/modules/whole/main.tf").exists(), "{downloads}");
        if downloads == "redirect" {
            assert!(text(&output).contains("hecksum"), "{}", text(&output));
        }
    }
    Ok(())
}

/// The client that `make clients` built.
fn tofu() -> PathBuf {
    built::built("tofu", include_str!("../clients/go.mod"), "github.com/opentofu/opentofu")
}
