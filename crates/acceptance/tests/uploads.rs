//! Modules whose versions are uploaded: the signed link, what it takes, and what it refuses.

use std::io::Write as _;

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use test_kit::{Api, Registry, archive_address, wait_for};

const MODULE: &str = "acme/net/test";
const MAIN: &str = "variable \"name\" {\n  type = string\n}\n";

async fn has_module(registry: &Registry) -> Result<()> {
    let attributes = json!({"name": "net", "provider": "test", "registry-name": "private"});
    let body = json!({"data": {"type": "registry-modules", "attributes": attributes}});
    let (status, answer) = registry.api.post("/api/v2/organizations/acme/registry-modules", body).await?;
    ensure!(status == 201, "{status} {answer}");
    Ok(())
}

/// Makes a version; the link to upload it to.
async fn make_version(api: &Api, version: &str) -> Result<String> {
    let body = json!({"data": {"type": "registry-module-versions", "attributes": {"version": version}}});
    let path = format!("/api/v2/organizations/acme/registry-modules/private/{MODULE}/versions");
    let (status, answer) = api.post(&path, body).await?;
    ensure!(status == 201, "{status} {answer}");
    answer.pointer("/data/links/upload").and_then(Value::as_str).map(str::to_owned).context("no link")
}

/// The module once no version is under way any more.
async fn settled(api: &Api) -> Result<Value> {
    wait_for("the versions", || async {
        let path = format!("/api/v2/organizations/acme/registry-modules/private/{MODULE}");
        let (status, mut answer) = api.get(&path).await?;
        ensure!(status == 200, "{status} {answer}");
        let module = answer["data"].take();
        let statuses = module["attributes"]["version-statuses"].as_array().cloned().unwrap_or_default();
        let is_done = |it: &Value| it["status"] == "ok" || it["error"].is_string();
        Ok(statuses.iter().all(is_done).then_some(module))
    })
    .await
}

/// Waits until the one version is `ok`.
async fn becomes_ok(api: &Api) -> Result<()> {
    wait_for("ok", || async {
        Ok(Api::version_statuses(&settled(api).await?).iter().all(|it| it.ends_with(" ok")).then_some(()))
    })
    .await
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?)
}

/// A tar with these names, exactly as they are written.
fn tar(entries: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in entries {
        tar.append(&header(tar::EntryType::Regular, name, "", content.len())?, *content)?;
    }
    Ok(tar.into_inner()?)
}

fn header(kind: tar::EntryType, name: &str, target: &str, size: usize) -> Result<tar::Header> {
    let mut header = tar::Header::new_ustar();
    let raw = header.as_old_mut();
    raw.name.get_mut(..name.len()).context("too long")?.copy_from_slice(name.as_bytes());
    raw.linkname.get_mut(..target.len()).context("too long")?.copy_from_slice(target.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size as u64);
    header.set_mode(0o644);
    header.set_cksum();
    Ok(header)
}

fn archive(entries: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    gzip(&tar(entries)?)
}

fn module_archive() -> Result<Vec<u8>> {
    archive(&[("./main.tf", MAIN.as_bytes()), ("./modules/part/main.tf", b"variable \"size\" {}\n")])
}

#[tokio::test]
async fn an_uploaded_archive_becomes_a_version_that_can_be_downloaded() -> Result<()> {
    let registry = Registry::start().await?;
    has_module(&registry).await?;
    let link = make_version(&registry.api, "1.0.0").await?;
    assert!(link.contains("/v1/object/"), "{link}");

    let (status, answer) = registry.api.upload(&link, module_archive()?).await?;

    assert_eq!(status, 200, "{answer}");
    becomes_ok(&registry.api).await?;
    assert_eq!(registry.api.installable(MODULE).await?, ["1.0.0"]);
    let package = registry.api.package(MODULE, "1.0.0").await?;
    assert_eq!(package.promised_sha256(), package.sha256());
    assert_eq!(package.paths()?, ["main.tf", "modules/part/main.tf"]);
    assert_eq!(package.text("main.tf")?, MAIN);
    let (_, detail) = registry.api.get("/api/registry/v1/modules/acme/net/test/1.0.0").await?;
    assert_eq!(detail["root"]["inputs"][0]["name"], "name");
    assert_eq!(detail["submodules"][0]["path"], "modules/part");
    Ok(())
}

#[tokio::test]
async fn an_upload_and_a_tag_with_the_same_files_are_the_same_archive() -> Result<()> {
    let registry = Registry::start().await?;
    has_module(&registry).await?;
    let link = make_version(&registry.api, "1.0.0").await?;
    registry.api.upload(&link, module_archive()?).await?;
    becomes_ok(&registry.api).await?;
    let repository = registry.repository("terraform-test-tagged")?;
    repository.commit(&[("main.tf", MAIN), ("modules/part/main.tf", "variable \"size\" {}\n")])?;
    repository.tag("v1.0.0")?;
    registry.publish("terraform-test-tagged").await?;

    let uploaded = registry.api.package(MODULE, "1.0.0").await?;
    let tagged = registry.api.package("acme/tagged/test", "1.0.0").await?;

    assert_eq!(uploaded.bytes, tagged.bytes);
    Ok(())
}

#[tokio::test]
async fn the_same_bytes_are_always_welcome_and_others_only_before_the_first_download() -> Result<()> {
    let registry = Registry::start().await?;
    has_module(&registry).await?;
    let link = make_version(&registry.api, "1.0.0").await?;
    let last = archive(&[("main.tf", b"variable \"last\" {}\n")])?;
    registry.api.upload(&link, module_archive()?).await?;
    becomes_ok(&registry.api).await?;

    let (replaced, _) = registry.api.upload(&link, last.clone()).await?;
    assert_eq!(replaced, 200);
    wait_for("the other bytes", || async {
        let (_, detail) = registry.api.get("/api/registry/v1/modules/acme/net/test/1.0.0").await?;
        Ok((detail["root"]["inputs"][0]["name"] == "last").then_some(()))
    })
    .await?;
    let before = registry.api.package(MODULE, "1.0.0").await?;
    assert_eq!(before.text("main.tf")?, "variable \"last\" {}\n");

    let (same, _) = registry.api.upload(&link, last).await?;
    let (other, answer) = registry.api.upload(&link, module_archive()?).await?;

    assert_eq!((same.as_u16(), other.as_u16()), (200, 409), "{answer}");
    becomes_ok(&registry.api).await?;
    assert_eq!(registry.api.package(MODULE, "1.0.0").await?.bytes, before.bytes);
    Ok(())
}

#[tokio::test]
async fn what_is_not_gzip_is_refused_at_the_door() -> Result<()> {
    let registry = Registry::start().await?;
    has_module(&registry).await?;
    let link = make_version(&registry.api, "1.0.0").await?;

    for bytes in [Vec::new(), b"PK\x03\x04".to_vec(), tar(&[("main.tf", MAIN.as_bytes())])?, vec![0x1f]] {
        let (status, answer) = registry.api.upload(&link, bytes).await?;
        assert_eq!(status, 422, "{answer}");
        assert!(answer.contains("gzip"), "{answer}");
    }
    let (status, _) = registry.api.upload(&link, module_archive()?).await?;
    assert_eq!(status, 200);
    becomes_ok(&registry.api).await
}

#[tokio::test]
async fn a_wrong_upload_says_what_is_wrong_with_it_and_may_be_tried_again() -> Result<()> {
    let registry = Registry::start().await?;
    has_module(&registry).await?;
    let link = make_version(&registry.api, "1.0.0").await?;
    let main = ("main.tf", MAIN.as_bytes());
    let good = module_archive()?;
    let linked = |kind, name: &str, target: &str| -> Result<Vec<u8>> {
        let mut tar = tar::Builder::new(Vec::new());
        tar.append(&header(tar::EntryType::Regular, main.0, "", MAIN.len())?, main.1)?;
        tar.append(&header(kind, name, target, 0)?, std::io::empty())?;
        gzip(&tar.into_inner()?)
    };
    let mut flipped = good.clone();
    let checksum = flipped.len() - 6;
    flipped[checksum] ^= 1;
    let cases: Vec<(&str, Vec<u8>, Vec<&str>)> = vec![
        ("truncated", good[..good.len() / 2].to_vec(), vec![]),
        ("without its last byte", good[..good.len() - 1].to_vec(), vec![]),
        ("with a wrong checksum", flipped, vec![]),
        ("gzip of nothing", gzip(b"")?, vec!["tar"]),
        ("gzip of text", gzip(&b"hello ".repeat(500))?, vec![]),
        ("a bomb", gzip(&vec![0; 300 << 20])?, vec![]),
        ("one huge file", archive(&[main, ("huge.bin", &vec![0; 40 << 20])])?, vec!["huge.bin", "33554432"]),
        ("climbing", archive(&[main, ("../../escape.tf", b"x")])?, vec!["../../escape.tf", ".."]),
        ("climbing late", archive(&[main, ("a/../../escape.tf", b"x")])?, vec!["a/../../escape.tf"]),
        ("absolute", archive(&[main, ("/etc/passwd", b"x")])?, vec!["/etc/passwd", "absolute"]),
        ("backslash", archive(&[main, ("..\\evil.tf", b"x")])?, vec!["evil.tf"]),
        ("twice", archive(&[main, main])?, vec!["main.tf", "twice"]),
        ("file below a file", archive(&[main, ("main.tf/x", b"x")])?, vec!["main.tf"]),
        ("hard link", linked(tar::EntryType::Link, "copy.tf", "main.tf")?, vec!["copy.tf"]),
        ("device", linked(tar::EntryType::Char, "tty", "")?, vec!["tty"]),
        ("fifo", linked(tar::EntryType::Fifo, "pipe", "")?, vec!["pipe"]),
        ("one directory at the top", archive(&[("net-1.0.0/main.tf", MAIN.as_bytes())])?, vec!["net-1.0.0"]),
        ("no configuration", archive(&[("README.md", b"# Nothing\n")])?, vec![".tf"]),
    ];
    for (what, bytes, words) in cases {
        let (status, answer) = registry.api.upload(&link, bytes).await?;
        assert_eq!(status, 200, "{what}: {answer}");
        let module = settled(&registry.api).await?;

        let error = Api::version_error(&module, "1.0.0");
        assert_eq!(Api::version_statuses(&module), ["1.0.0 reg_ingress_failed"], "{what}: {module}");
        assert!(words.iter().all(|word| error.contains(word)), "{what}: {words:?} not in {error:?}");
        assert!(!error.is_empty() && !error.contains('\n'), "{what}: {error:?}");
    }

    let (status, _) = registry.api.upload(&link, good).await?;
    assert_eq!(status, 200);
    becomes_ok(&registry.api).await?;
    assert_eq!(registry.api.package(MODULE, "1.0.0").await?.text("main.tf")?, MAIN);
    let staging = registry.blobs_dir()?.join("staging");
    wait_for("an empty staging area", || async {
        Ok((std::fs::read_dir(&staging).map_or(0, Iterator::count) == 0).then_some(()))
    })
    .await
}

#[tokio::test]
async fn what_belongs_to_git_and_links_that_lead_nowhere_are_left_out_of_an_upload() -> Result<()> {
    let registry = Registry::start().await?;
    has_module(&registry).await?;
    let link = make_version(&registry.api, "1.0.0").await?;
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in [("main.tf", MAIN), (".git/config", "[core]"), ("docs/a.md", "# A\n")] {
        tar.append(&header(tar::EntryType::Regular, name, "", content.len())?, content.as_bytes())?;
    }
    for (name, target) in [("good.md", "docs/a.md"), ("escape", "../../etc/passwd"), ("lost", "nowhere")] {
        tar.append(&header(tar::EntryType::Symlink, name, target, 0)?, std::io::empty())?;
    }

    registry.api.upload(&link, gzip(&tar.into_inner()?)?).await?;

    becomes_ok(&registry.api).await?;
    let package = registry.api.package(MODULE, "1.0.0").await?;
    assert_eq!(package.paths()?, ["docs/a.md", "good.md", "main.tf"]);
    Ok(())
}

#[tokio::test]
async fn two_uploads_at_once_end_with_one_of_them() -> Result<()> {
    let registry = Registry::start().await?;
    has_module(&registry).await?;
    let link = make_version(&registry.api, "1.0.0").await?;
    let archives: Vec<Vec<u8>> = (0..4)
        .map(|number| archive(&[("main.tf", format!("variable \"v{number}\" {{}}\n").as_bytes())]))
        .collect::<Result<_>>()?;

    let (a, b, c, d) = tokio::join!(
        registry.api.upload(&link, archives[0].clone()),
        registry.api.upload(&link, archives[1].clone()),
        registry.api.upload(&link, archives[2].clone()),
        registry.api.upload(&link, archives[3].clone()),
    );

    for answer in [a, b, c, d] {
        assert_eq!(answer?.0, 200);
    }
    becomes_ok(&registry.api).await?;
    let text = registry.api.package(MODULE, "1.0.0").await?.text("main.tf")?;
    let (_, detail) = registry.api.get("/api/registry/v1/modules/acme/net/test/1.0.0").await?;
    let name = detail["root"]["inputs"][0]["name"].as_str().unwrap_or_default();
    assert_eq!(text, format!("variable \"{name}\" {{}}\n"), "documentation and archive belong together");
    Ok(())
}

#[tokio::test]
async fn an_upload_that_was_answered_survives_sigkill() -> Result<()> {
    let mut registry = Registry::start().await?;
    has_module(&registry).await?;
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        let link = make_version(&registry.api, version).await?;

        let (status, _) = registry.api.upload(&link, module_archive()?).await?;
        registry.kill()?;
        registry.restart()?;

        assert_eq!(status, 200);
        becomes_ok(&registry.api).await?;
    }
    assert_eq!(registry.api.installable(MODULE).await?, ["1.2.0", "1.1.0", "1.0.0"]);
    Ok(())
}

#[tokio::test]
async fn an_altered_link_opens_nothing() -> Result<()> {
    let registry = Registry::start().await?;
    has_module(&registry).await?;
    let link = make_version(&registry.api, "1.0.0").await?;
    let token = link.rsplit('/').next().context("no token")?.to_owned();
    for position in [0, token.len() / 2, token.len() - 2] {
        let mut altered = token.clone().into_bytes();
        altered[position] = if altered[position] == b'A' { b'B' } else { b'A' };
        let altered = link.replace(&token, &String::from_utf8(altered)?);
        let (status, answer) = registry.api.upload(&altered, module_archive()?).await?;
        assert_eq!(status, 403, "byte {position}: {answer}");
    }
    assert_eq!(registry.api.download(&link).await?.0, 403, "a link to upload is none to download");
    registry.api.upload(&link, module_archive()?).await?;
    becomes_ok(&registry.api).await?;

    let good = archive_address(&registry.api.location(MODULE, "1.0.0").await?);
    let at = good.find("/v1/object/").context("no link")? + 60;
    let flipped = if good[at..].starts_with('A') { "B" } else { "A" };
    let altered = format!("{}{flipped}{}", &good[..at], &good[at + 1..]);

    assert_eq!(registry.api.download(&altered).await?.0, 403);
    assert_eq!(registry.api.upload(&good, module_archive()?).await?.0, 403);
    assert_eq!(registry.api.download(&good).await?.0, 200);
    Ok(())
}

#[tokio::test]
async fn a_deleted_version_comes_back_only_with_the_same_files() -> Result<()> {
    let registry = Registry::start().await?;
    has_module(&registry).await?;
    let keep = make_version(&registry.api, "0.9.0").await?;
    registry.api.upload(&keep, module_archive()?).await?;
    let link = make_version(&registry.api, "1.0.0").await?;
    registry.api.upload(&link, module_archive()?).await?;
    becomes_ok(&registry.api).await?;
    let version = format!("/api/v2/organizations/acme/registry-modules/private/{MODULE}/1.0.0");
    ensure!(registry.api.delete(&version).await? == 204, "it can be deleted");
    assert_eq!(registry.api.upload(&link, module_archive()?).await?.0, 404, "the link of what was deleted");

    let link = make_version(&registry.api, "1.0.0").await?;
    registry.api.upload(&link, archive(&[("main.tf", b"# Other\n")])?).await?;
    let module = settled(&registry.api).await?;

    assert!(Api::version_error(&module, "1.0.0").contains("other content"), "{module}");
    registry.api.upload(&link, module_archive()?).await?;
    becomes_ok(&registry.api).await
}
