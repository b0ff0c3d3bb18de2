//! The keys of an embedded registry lie in files: each step of a rotation rewrites one, for its owner alone.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use reqwest::StatusCode;
use serde_json::json;
use test_kit::{Api, GitServer, QuarryServer, SampleRepository, archive_address, binary};

const MODULE: &str = "acme/net/test";

/// Runs `quarry keys` on a data directory; both outputs.
fn keys(data: &Path, arguments: &[&str]) -> Result<(bool, String)> {
    let output =
        Command::new(binary()?).arg("keys").args(arguments).env_clear().env("QUARRY_DATA_DIR", data).output()?;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8(said)?))
}

/// One step, after which the file holds so many keys; the server is not stopped for it.
fn step(data: &Path, list: &str, step: &str, count: usize) -> Result<()> {
    let (is_done, said) = keys(data, &["rotate", list, "--step", step])?;
    ensure!(is_done, "{list} {step}: {said}");
    let file = data.join("keys").join(format!("{list}-keys"));
    let held = std::fs::read_to_string(&file)?;
    let held: Vec<&str> = held.trim().split(',').collect();
    assert_eq!(held.len(), count, "{list} {step}");
    assert_eq!(std::fs::metadata(&file)?.permissions().mode() & 0o777, 0o600, "{list} {step}");
    assert!(said.contains(&format!("{} now holds {count} keys", file.display())), "{list} {step}: {said}");
    assert!(held.iter().all(|key| !said.contains(key)), "{list} {step}: a key is printed");
    let beside: Vec<_> = std::fs::read_dir(data.join("keys"))?.flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(beside.len(), 3, "something is left over: {beside:?}");
    Ok(())
}

/// The server on the keys as they are now, and whether it works with them.
async fn restarted(data: &Path, repository: &SampleRepository, id: &str, tag: &str) -> Result<QuarryServer> {
    let server = QuarryServer::start(data)?;
    let api = server.api()?;
    repository.commit(&[("README.md", tag)])?;
    repository.tag(tag)?;
    let module = api.look_again(id, false).await?;
    let version = tag.trim_start_matches('v');
    ensure!(Api::version_statuses(&module).contains(&format!("{version} ok")), "{tag}: {module}");
    let package = api.package(MODULE, version).await?;
    assert_eq!(package.promised_sha256(), package.sha256(), "{tag}");
    Ok(server)
}

#[tokio::test]
async fn every_step_rewrites_its_file_and_everything_works_after_a_restart() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (data, repositories) = (folder.path().join("data"), folder.path().join("repositories"));
    let repository = SampleRepository::create(&repositories, "terraform-test-net.git")?;
    repository.release_three_times()?;
    let git = GitServer::start_with_login(&repositories, "reader", "the-password")?;
    let mut server = QuarryServer::start(&data)?;
    let api = server.api()?;
    api.make_organization("acme").await?;
    let connection = api.connect("acme", &git.url(), Some(("reader", "the-password"))).await?;
    let module = api.publish("acme", &connection, "terraform-test-net", json!({})).await?;
    let id = module["id"].as_str().unwrap_or_default();
    api.settled(id).await?;
    // It is sealed as well.
    let (status, secret) =
        api.post(&format!("/api/v2/registry-modules/{id}/actions/new-webhook-secret"), json!({})).await?;
    ensure!(status == StatusCode::CREATED, "{secret}");
    let old_link = archive_address(&api.location(MODULE, "1.0.0").await?);
    // The port is another one after each start.
    let old_path = old_link.strip_prefix(server.url()).context("a link of this server")?;

    for (list, rewraps) in [("link", false), ("seal", true)] {
        step(&data, list, "prepare", 2)?;
        server.terminate()?;
        server = restarted(&data, &repository, id, if rewraps { "v3.0.0" } else { "v2.0.0" }).await?;
        step(&data, list, "switch", 2)?;
        server.terminate()?;
        server = restarted(&data, &repository, id, if rewraps { "v3.1.0" } else { "v2.1.0" }).await?;
        if rewraps {
            let (is_done, said) = keys(&data, &["rotate", list, "--step", "retire"])?;
            assert!(!is_done && said.contains("run `quarry keys rewrap` first"), "{said}");
            let (is_done, said) = keys(&data, &["rewrap"])?;
            assert!(is_done && said.contains("sealed anew: 2"), "{said}");
        }
        if !rewraps {
            let (status, _) = server.api()?.download(&format!("{}{old_path}", server.url())).await?;
            assert_eq!(status, StatusCode::OK, "until the old key is retired");
        }
        step(&data, list, "retire", 1)?;
        server.terminate()?;
        server = restarted(&data, &repository, id, if rewraps { "v3.2.0" } else { "v2.2.0" }).await?;
    }

    assert_eq!(server.api()?.download(&format!("{}{old_path}", server.url())).await?.0, StatusCode::FORBIDDEN);
    Ok(())
}
