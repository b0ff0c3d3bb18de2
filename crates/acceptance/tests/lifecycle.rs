//! Starting and stopping: nothing that was answered is lost, and nothing wrong is ever served.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use test_kit::{Api, GitServer, HostileServer, QuarryServer, Registry, SampleRepository, archive_address, wait_for};

#[tokio::test]
async fn a_second_process_on_the_same_data_is_refused() -> Result<()> {
    let registry = Registry::embedded().await?;

    let status = QuarryServer::command(&registry.data_dir(), &[])?.status()?;

    assert!(!status.success());
    let log = registry.log();
    let pid = registry.server()?.pid();
    assert!(log.contains(&format!("is in use by another quarry process (pid {pid})")), "{log}");
    assert!(log.contains("QUARRY_DATA_DIR"), "{log}");
    assert_eq!(registry.api.get("/api/v2/account/details").await?.0, 200, "the first goes on");
    Ok(())
}

#[tokio::test]
async fn a_second_start_finds_everything() -> Result<()> {
    let mut registry = Registry::start().await?;
    let folder = registry.folder().join("private");
    let repository = SampleRepository::create(&folder, "terraform-test-one.git")?;
    repository.commit(&[("main.tf", "variable \"name\" {}\n")])?;
    repository.tag("v1.0.0")?;
    let git = GitServer::start_with_login(&folder, "robot", "hunter2")?;
    let connection = registry.api.connect("acme", &git.url(), Some(("robot", "hunter2"))).await?;
    let module = registry.api.publish("acme", &connection, "terraform-test-one", json!({})).await?;
    let id = module["id"].as_str().unwrap_or_default();
    let before = registry.api.settled(id).await?;
    let (url, token) = (registry.url(), registry.admin_token()?);
    let bytes = registry.api.package("acme/one/test", "1.0.0").await?.bytes;
    registry.terminate()?;

    registry.restart()?;

    assert_eq!(registry.admin_token()?, token);
    let shown = |module: &Value, url: &str| module.to_string().replace(url, "");
    let now = registry.api.settled(id).await?;
    assert_eq!(shown(&now, &registry.url()), shown(&before, &url), "the module is shown as before");
    assert_eq!(registry.api.package("acme/one/test", "1.0.0").await?.bytes, bytes);
    repository.tag("v1.1.0")?;
    let module = registry.api.look_again(id, false).await?;
    assert_eq!(Api::version_statuses(&module), ["1.1.0 ok", "1.0.0 ok"], "the sealed password is still known");
    Ok(())
}

#[tokio::test]
async fn a_link_survives_a_restart() -> Result<()> {
    let mut registry = Registry::start().await?;
    let repository = registry.repository("terraform-test-one")?;
    repository.commit(&[("main.tf", "variable \"name\" {}\n")])?;
    repository.tag("v1.0.0")?;
    registry.publish("terraform-test-one").await?;
    let package = registry.api.package("acme/one/test", "1.0.0").await?;
    let old = registry.url();

    registry.restart()?;

    let address = archive_address(&package.location).replace(&old, &registry.url());
    let (status, bytes) = registry.api.download(&address).await?;
    assert_eq!((status.as_u16(), bytes), (200, package.bytes));
    Ok(())
}

#[tokio::test]
async fn sigterm_does_not_wait_for_a_silent_git_server() -> Result<()> {
    let mut registry = Registry::start().await?;
    let silent = HostileServer::drip()?;
    let token = registry.api.connect("acme", &silent.url(), None).await?;
    registry.api.publish("acme", &token, "terraform-test-silent", json!({})).await?;
    wait_for("a request", || async { Ok((silent.requests() > 0).then_some(())) }).await?;

    let time = registry.terminate()?;

    assert!(time < Duration::from_secs(30), "it took {time:?}");
    // The system ends children with their parent, a moment later.
    wait_for("the end of all processes", || async { Ok(registry.processes().is_empty().then_some(())) }).await?;
    Ok(())
}

#[tokio::test]
async fn sigterm_ends_in_time_with_a_silent_git_server_and_a_slow_upload_at_once() -> Result<()> {
    let mut registry = Registry::start().await?;
    let silent = HostileServer::drip()?;
    let token = registry.api.connect("acme", &silent.url(), None).await?;
    registry.api.publish("acme", &token, "terraform-test-silent", json!({})).await?;
    wait_for("a request", || async { Ok((silent.requests() > 0).then_some(())) }).await?;
    let address = registry.url().trim_start_matches("http://").to_owned();
    let mut slow = TcpStream::connect(&address)?;
    let bearer = registry.admin_token()?;
    let head = format!(
        "POST /api/v2/organizations HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {bearer}\r\n\
         Content-Type: application/vnd.api+json\r\nContent-Length: 1000\r\n\r\n{{"
    );
    slow.write_all(head.as_bytes())?;
    // The server has taken up that request once it has answered a later one.
    registry.api.get("/api/v2/account/details").await?;

    let time = registry.terminate()?;

    assert!(time < Duration::from_secs(30), "it took {time:?}");
    Ok(())
}

#[tokio::test]
async fn a_wrong_setting_stops_the_start_and_is_named() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let taken = taken.local_addr()?.to_string();
    let file = folder.path().join("file");
    fs::write(&file, "")?;
    let file = file.to_string_lossy().into_owned();
    let mut complaints = Vec::new();
    for (number, (name, value)) in [
        ("QUARRY_LISTEN", "8080"),
        ("QUARRY_LISTEN", taken.as_str()),
        ("QUARRY_PUBLIC_URL", "registry.example.org"),
        ("QUARRY_DATABASE_URL", "mysql://x"),
        ("QUARRY_BROKER_URL", "redis://x"),
        ("QUARRY_BLOBS_URL", "ftp://x"),
        ("QUARRY_LINK_KEYS", "short"),
        ("QUARRY_SEAL_KEYS", "short"),
        ("QUARRY_TOKEN_KEY", "short"),
        ("QUARRY_ADMIN_TOKEN", "short"),
        ("QUARRY_RECONCILE_SECONDS", "often"),
        ("QUARRY_VCS_ALLOWED_NETWORKS", "10.0.0.0/99"),
        ("QUARRY_NAMESPACE", "a.b"),
        ("QUARRY_LOG", "=,="),
        ("QUARRY_LOG_FORMAT", "xml"),
        ("QUARRY_LISTENN", "x"),
        ("QUARRY_DATA_DIR", file.as_str()),
    ]
    .into_iter()
    .enumerate()
    {
        let data = folder.path().join(number.to_string());

        // One that starts all the same would run for ever.
        let mut process = QuarryServer::command(&data, &[(name, value)])?.spawn()?;
        let status = wait_for("the end of a start", || {
            let ended = process.try_wait();
            async move { Ok(ended?) }
        })
        .await;
        let _ = process.kill();
        let _ = process.wait();

        let log = fs::read_to_string(data.join("log"))?;
        if !status.is_ok_and(|status| !status.success()) || !log.contains(name) {
            complaints.push(format!("{name}={value}: {log}"));
        }
    }
    assert_eq!(complaints, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn foreign_keys_are_refused_before_anything_is_lost() -> Result<()> {
    let mut registry = Registry::embedded().await?;
    registry.terminate()?;
    let data = registry.data_dir();
    let other = registry.folder().join("other");
    drop(QuarryServer::start(&other)?);
    fs::rename(data.join("keys"), data.join("keys-kept"))?;
    fs::rename(other.join("keys"), data.join("keys"))?;

    let status = QuarryServer::command(&data, &[])?.status()?;

    assert!(!status.success());
    let log = registry.log();
    assert!(log.contains("QUARRY_SEAL_KEYS"), "{log}");
    Ok(())
}

#[tokio::test]
async fn what_was_answered_is_there_after_sigkill() -> Result<()> {
    let mut registry = Registry::start().await?;
    for round in 0..5 {
        let organization = format!("team-{round}");
        registry.api.make_organization(&organization).await?;
        registry.kill()?;
        registry.restart()?;
        let (status, _) = registry.api.get(&format!("/api/v2/organizations/{organization}")).await?;
        assert_eq!(status, 200, "{organization}");
    }
    Ok(())
}

#[tokio::test]
async fn an_altered_blob_is_never_served_whole() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-test-one")?;
    repository.commit(&[("main.tf", "variable \"name\" {}\n")])?;
    repository.tag("v1.0.0")?;
    // Does not compress, so that the archive is sent in many pieces.
    let noise: Vec<u8> =
        (0..2_000_000_u32).map(|n| (n.wrapping_mul(n).wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    repository.commit_modes(&[("100644", "noise.bin", &noise)])?;
    repository.tag("v1.1.0")?;
    registry.publish("terraform-test-one").await?;

    for version in ["1.0.0", "1.1.0"] {
        let package = registry.api.package("acme/one/test", version).await?;
        let path = registry.blob_path(package.promised_sha256())?;
        let good = fs::read(&path)?;
        assert_eq!(good, package.bytes);
        for position in [0, good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[position] ^= 1;
            rewrite(&path, &bad)?;
            is_not_served(&registry.api, &package.location, &format!("{version}, byte {position}")).await?;
        }
        for bad in [&good[..good.len() - 1], &[], &[good.clone(), vec![0]].concat()] {
            rewrite(&path, bad)?;
            is_not_served(&registry.api, &package.location, &format!("{version}, {} bytes", bad.len())).await?;
        }
        fs::remove_file(&path)?;
        is_not_served(&registry.api, &package.location, &format!("{version}, no file")).await?;
        fs::write(&path, &good)?;
        assert_eq!(registry.api.package("acme/one/test", version).await?.bytes, good, "it is whole again");
    }
    Ok(())
}

fn rewrite(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::remove_file(path)?;
    Ok(fs::write(path, bytes)?)
}

async fn is_not_served(api: &Api, location: &str, what: &str) -> Result<()> {
    match api.download(&archive_address(location)).await {
        // The connection broke.
        Err(_) => {}
        Ok((status, body)) => {
            assert!(!status.is_success(), "{what}: {status} with {} bytes", body.len());
            assert!(body.len() < 1000, "{what}: {} bytes", body.len());
        }
    }
    Ok(())
}
