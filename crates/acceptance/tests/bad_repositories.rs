//! Repositories that are wrong, broken or hostile: each gets a status and a message that names the thing, and costs
//! nothing but itself.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use test_kit::{Api, GitServer, HostileServer, Registry, SampleRepository, wait_for};

const MODULE: &str = "acme/bad/test";
const MAIN: &str = "variable \"name\" {}\n";
/// A sync that waits for a silent server takes longer.
const HELD_UP: Duration = Duration::from_secs(25);

/// Publishes `terraform-test-bad` from the server at `base`.
async fn publish_from(registry: &Registry, base: &str) -> Result<Value> {
    let token = registry.api.connect("acme", base, None).await?;
    let module = registry.api.publish("acme", &token, "terraform-test-bad", json!({})).await?;
    registry.api.settled(module["id"].as_str().unwrap_or_default()).await
}

fn is_told(module: &Value, status: &str, words: &[&str]) {
    assert_eq!(module["attributes"]["status"], status, "{module}");
    let message = module["attributes"]["error-message"].as_str().unwrap_or_default();
    for word in words {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
}

/// Another repository can be published, no Git process is left, and no half-written file.
async fn is_well(registry: &Registry) -> Result<()> {
    let (status, body) = registry.api.download(&format!("{}/healthz", registry.url())).await?;
    assert_eq!((status.as_u16(), body.as_slice()), (200, b"ok".as_slice()));
    let good = registry.repository("terraform-test-good")?;
    good.commit(&[("main.tf", MAIN)])?;
    good.tag("v1.0.0")?;
    let module = registry.publish("terraform-test-good").await?;
    assert_eq!(Api::version_statuses(&module), ["1.0.0 ok"]);
    wait_for("the end of Git processes", || async {
        Ok(registry.children()?.iter().all(|(_, role)| role != "git").then_some(()))
    })
    .await?;
    let mut left = Vec::new();
    for folder in [registry.data_dir(), registry.blobs_dir()?] {
        find_leftovers(&folder, &mut left)?;
    }
    assert!(left.is_empty(), "{left:?}");
    Ok(())
}

fn find_leftovers(folder: &Path, left: &mut Vec<String>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            find_leftovers(&path, left)?;
        } else if name.contains(['#', '~']) || name.contains("tmp") || name.contains("pack_git2") || is_staged(&path) {
            left.push(path.display().to_string());
        }
    }
    Ok(())
}

fn is_staged(path: &Path) -> bool {
    path.parent().is_some_and(|folder| folder.ends_with("staging"))
}

#[tokio::test]
async fn a_repository_that_is_missing_is_named() -> Result<()> {
    let registry = Registry::start().await?;

    let module = registry.publish("terraform-test-bad").await?;

    is_told(&module, "setup_failed", &["terraform-test-bad.git does not exist"]);
    assert_eq!(registry.api.installable(MODULE).await?, Vec::<String>::new());
    is_well(&registry).await
}

#[tokio::test]
async fn a_private_repository_asks_for_credentials() -> Result<()> {
    let registry = Registry::start().await?;
    let folder = registry.folder().join("private");
    SampleRepository::create(&folder, "terraform-test-bad.git")?;
    let git = GitServer::start_with_login(&folder, "user", "password")?;

    let module = publish_from(&registry, &git.url()).await?;

    is_told(&module, "setup_failed", &["asks for credentials", "terraform-test-bad.git"]);
    is_well(&registry).await
}

#[tokio::test]
async fn an_empty_repository_has_no_version_tags() -> Result<()> {
    let registry = Registry::start().await?;
    registry.repository("terraform-test-bad")?;

    let module = registry.publish("terraform-test-bad").await?;

    is_told(&module, "no_version_tags", &[]);
    is_well(&registry).await
}

#[tokio::test]
async fn tags_that_are_no_versions_make_none() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-test-bad")?;
    repository.commit(&[("main.tf", MAIN)])?;
    for tag in ["latest", "v1", "v1.0", "release-1.0.0", "vv1.0.0", "v01.0.0", "v1.0.0.0", "1.0.0/x"] {
        repository.tag(tag)?;
    }

    let module = registry.publish("terraform-test-bad").await?;

    is_told(&module, "no_version_tags", &[]);
    assert_eq!(Api::version_statuses(&module), Vec::<String>::new());
    is_well(&registry).await
}

#[tokio::test]
async fn servers_that_are_no_git_servers_are_named() -> Result<()> {
    let registry = Registry::start().await?;
    let git = registry.git.url();
    for (server, words) in [
        (HostileServer::html()?, vec!["is not a Git repository served over smart http"]),
        (HostileServer::garbage()?, vec!["is not a Git repository"]),
        (HostileServer::dumb()?, vec!["dumb http", "smart http"]),
        (HostileServer::error_line()?, vec!["no, not for you"]),
        (HostileServer::status(403)?, vec!["does not allow"]),
        (HostileServer::redirect_to(&format!("{git}/elsewhere"))?, vec!["redirects to", "elsewhere", "not followed"]),
        (HostileServer::redirect_to("http://user:hunter2@127.0.0.1:1/x")?, vec!["redirects to http://127.0.0.1:1/x"]),
        (HostileServer::endless_refs()?, vec!["list of refs", "larger than the limit"]),
    ] {
        let module = publish_from(&registry, &server.url()).await?;

        is_told(&module, "setup_failed", &words);
        assert!(!module.to_string().contains("hunter2"));
        let address = module["attributes"]["error-message"].as_str().unwrap_or_default().to_owned();
        assert!(address.contains("/repository/terraform-test-bad.git"), "which repository? {address}");
        let path = format!("/api/v2/organizations/acme/registry-modules/private/{MODULE}");
        ensure!(registry.api.delete(&path).await? == 204, "the module can be deleted");
    }
    assert!(registry.git.requests().is_empty(), "a redirect was followed");
    is_well(&registry).await
}

#[tokio::test]
async fn an_address_in_a_forbidden_network_is_not_asked() -> Result<()> {
    let registry = Registry::start_with(&[("QUARRY_VCS_ALLOWED_NETWORKS", "")]).await?;
    registry.repository("terraform-test-bad")?;

    let module = registry.publish("terraform-test-bad").await?;

    is_told(&module, "setup_failed", &["127.0.0.1", "QUARRY_VCS_ALLOWED_NETWORKS"]);
    assert_eq!(registry.git.requests(), Vec::<String>::new());
    Ok(())
}

/// Publishes a good repository while these servers are being asked, and says how long that took.
async fn publish_beside(registry: &Registry, servers: &[HostileServer]) -> Result<Duration> {
    for (number, server) in servers.iter().enumerate() {
        let token = registry.api.connect("acme", &server.url(), None).await?;
        registry.api.publish("acme", &token, &format!("terraform-test-bad{number}"), json!({})).await?;
    }
    wait_for("a request", || async { Ok((servers[0].requests() > 0).then_some(())) }).await?;
    registry.api.make_organization("other").await?;
    let token = registry.api.connect("other", &registry.git.url(), None).await?;
    let good = registry.repository("terraform-test-good")?;
    good.commit(&[("main.tf", MAIN)])?;
    good.tag("v1.0.0")?;

    let start = Instant::now();
    let module = registry.api.publish("other", &token, "terraform-test-good", json!({})).await?;
    let module = registry.api.settled(module["id"].as_str().unwrap_or_default()).await?;

    assert_eq!(Api::version_statuses(&module), ["1.0.0 ok"]);
    Ok(start.elapsed())
}

#[tokio::test]
async fn a_silent_server_does_not_hold_up_another_repository() -> Result<()> {
    let registry = Registry::start().await?;

    let time = publish_beside(&registry, &[HostileServer::silent()?]).await?;

    assert!(time < HELD_UP, "it took {time:?}");
    Ok(())
}

#[tokio::test]
async fn several_silent_servers_of_one_tenant_do_not_hold_up_another_tenant() -> Result<()> {
    let registry = Registry::start().await?;
    let servers = [HostileServer::drip()?, HostileServer::silent()?, HostileServer::drip()?];

    let time = publish_beside(&registry, &servers).await?;

    assert!(time < HELD_UP, "it took {time:?}");
    Ok(())
}

/// A tag for each way in which a tree can be wrong, and good ones before and after.
fn has_hostile_trees(repository: &SampleRepository) -> Result<()> {
    repository.commit(&[("main.tf", MAIN)])?;
    repository.tag("v1.0.0")?;
    let main = repository.blob(MAIN.as_bytes())?;
    let inner = repository.raw_tree(&[("100644", &main, b"main.tf")])?;
    let names: [(&str, &str, &[u8]); 7] = [
        ("v2.0.0", "40000", b".."),
        ("v2.1.0", "100644", b"/etc/passwd"),
        ("v2.2.0", "40000", b".git"),
        ("v2.3.0", "100644", b"../../escape.tf"),
        ("v2.4.0", "100644", b"main.tf"),
        ("v2.5.0", "100644", b"line\nbreak.tf"),
        ("v2.6.0", "100644", b"\xff\xfe.tf"),
    ];
    for (tag, mode, name) in names {
        let object = if mode == "40000" { &inner } else { &main };
        let tree = repository.raw_tree(&[(mode, object, name), ("100644", &main, b"main.tf")])?;
        repository.commit_tree(&tree)?;
        repository.tag(tag)?;
    }
    let mut bomb = inner.clone();
    for _ in 0..12 {
        let names: Vec<Vec<u8>> = (0..10).map(|number| format!("d{number}").into_bytes()).collect();
        let entries: Vec<_> = names.iter().map(|name| ("40000", bomb.as_str(), name.as_slice())).collect();
        bomb = repository.raw_tree(&entries)?;
    }
    repository.commit_tree(&bomb)?;
    repository.tag("v2.7.0")?;
    repository.commit_tree(&inner)?;
    repository.tag("v9.0.0")
}

#[tokio::test]
async fn a_tree_with_hostile_names_is_refused_by_name_and_the_other_tags_are_published() -> Result<()> {
    let registry = Registry::start().await?;
    has_hostile_trees(&registry.repository("terraform-test-bad")?)?;

    let module = registry.publish("terraform-test-bad").await?;

    assert_eq!(
        Api::version_statuses(&module),
        [
            "9.0.0 ok",
            "2.7.0 clone_failed",
            "2.6.0 clone_failed",
            "2.5.0 clone_failed",
            "2.4.0 clone_failed",
            "2.3.0 clone_failed",
            "2.2.0 clone_failed",
            "2.1.0 clone_failed",
            "2.0.0 clone_failed",
            "1.0.0 ok",
        ]
    );
    for (version, name) in [
        ("2.0.0", "\"..\""),
        ("2.1.0", "/etc/passwd"),
        ("2.2.0", ".git"),
        ("2.3.0", "escape.tf"),
        ("2.4.0", "main.tf"),
        ("2.5.0", "break.tf"),
        ("2.6.0", "xff"),
        ("2.7.0", "entries"),
    ] {
        let error = Api::version_error(&module, version);
        assert!(error.contains(name) && !error.contains('\n'), "{version}: {error:?}");
    }
    is_told(&module, "setup_complete", &[]);
    assert_eq!(registry.api.installable(MODULE).await?, ["9.0.0", "1.0.0"]);
    is_well(&registry).await
}

#[tokio::test]
async fn links_are_followed_within_the_tree_and_left_out_where_they_lead_nowhere() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-test-bad")?;
    repository.commit_modes(&[
        ("100644", "main.tf", MAIN.as_bytes()),
        ("100644", "modules/part/main.tf", MAIN.as_bytes()),
        ("120000", "good.tf", b"modules/part/main.tf"),
        ("120000", "alias", b"modules/part"),
        ("120000", "escape.tf", b"../../../../../../etc/passwd"),
        ("120000", "absolute.tf", b"/etc/passwd"),
        ("120000", "dangling.tf", b"missing.tf"),
        ("120000", "loop-a.tf", b"loop-b.tf"),
        ("120000", "loop-b.tf", b"loop-a.tf"),
        ("120000", "modules/part/self", b".."),
        ("160000", "vendored", b"e83c5163316f89bfbde7d9ab23ca2e25604af290"),
    ])?;
    repository.tag("v1.0.0")?;

    let module = registry.publish("terraform-test-bad").await?;

    assert_eq!(Api::version_statuses(&module), ["1.0.0 ok"], "{module}");
    let package = registry.api.package(MODULE, "1.0.0").await?;
    assert_eq!(package.paths()?, ["alias/main.tf", "good.tf", "main.tf", "modules/part/main.tf"]);
    is_well(&registry).await
}

#[tokio::test]
async fn links_that_multiply_are_refused_in_bounded_time() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-test-bad")?;
    repository.commit(&[("main.tf", MAIN)])?;
    repository.tag("v1.0.0")?;
    repository.commit(&[("d0/x", "x")])?;
    for level in 1..40 {
        let target = format!("../d{}", level - 1);
        let (a, b) = (format!("d{level}/a"), format!("d{level}/b"));
        repository.commit_modes(&[("120000", &a, target.as_bytes()), ("120000", &b, target.as_bytes())])?;
    }
    repository.tag("v2.0.0")?;

    let module = registry.publish("terraform-test-bad").await?;

    let statuses = Api::version_statuses(&module);
    assert_eq!(statuses.last().map(String::as_str), Some("1.0.0 ok"), "{module}");
    assert!(statuses[0] == "2.0.0 ok" || Api::version_error(&module, "2.0.0").contains("link"), "{module}");
    is_well(&registry).await
}

#[tokio::test]
async fn a_tag_without_configuration_says_what_is_missing() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-test-bad")?;
    repository.commit(&[("README.md", "# Nothing\n")])?;
    repository.tag("v1.0.0")?;
    repository.commit(&[("main.tf", MAIN)])?;
    repository.tag("v1.1.0")?;

    let module = registry.publish("terraform-test-bad").await?;

    assert_eq!(Api::version_statuses(&module), ["1.1.0 ok", "1.0.0 reg_ingress_failed"]);
    assert!(Api::version_error(&module, "1.0.0").contains("*.tf"), "{module}");
    is_well(&registry).await
}

#[tokio::test]
async fn a_source_directory_that_a_tag_lacks_is_named() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("mono")?;
    repository.commit(&[("main.tf", MAIN)])?;
    repository.tag("v1.0.0")?;
    repository.commit(&[("lib/terraform-test-bad/main.tf", MAIN)])?;
    repository.tag("v1.1.0")?;

    let wanted = json!({"source-directory": "lib/terraform-test-bad"});
    let module = registry.api.settled(&registry.begin("mono", wanted).await?).await?;

    assert_eq!(Api::version_statuses(&module), ["1.1.0 ok", "1.0.0 clone_failed"]);
    assert!(Api::version_error(&module, "1.0.0").contains("lib/terraform-test-bad"), "{module}");
    Ok(())
}

#[tokio::test]
async fn what_is_too_much_costs_its_own_tag_alone() -> Result<()> {
    let registry = Registry::start().await?;
    let repository = registry.repository("terraform-test-bad")?;
    repository.commit(&[("main.tf", MAIN)])?;
    repository.tag("v1.0.0")?;
    let large = vec![0; 40 << 20];
    repository.commit_modes(&[("100644", "state/huge.bin", &large)])?;
    repository.tag("v1.1.0")?;
    let main = repository.blob(MAIN.as_bytes())?;
    let names: Vec<Vec<u8>> = (0..30_000).map(|number| format!("f{number:05}.tf").into_bytes()).collect();
    let entries: Vec<_> = names.iter().map(|name| ("100644", main.as_str(), name.as_slice())).collect();
    repository.commit_tree(&repository.raw_tree(&entries)?)?;
    repository.tag("v1.2.0")?;
    let deep = format!("variable \"x\" {{\n  default = {}\n}}\n", "[".repeat(200_000));
    repository.commit(&[("main.tf", MAIN), ("deep.tf", &deep)])?;
    repository.commit_tree(
        &repository
            .raw_tree(&[("100644", &repository.blob(deep.as_bytes())?, b"deep.tf"), ("100644", &main, b"main.tf")])?,
    )?;
    repository.tag("v1.3.0")?;

    let module = registry.publish("terraform-test-bad").await?;

    assert_eq!(
        Api::version_statuses(&module),
        ["1.3.0 ok", "1.2.0 clone_failed", "1.1.0 clone_failed", "1.0.0 ok"],
        "{module}"
    );
    let error = Api::version_error(&module, "1.1.0");
    assert!(error.contains("state/huge.bin") && error.contains("33554432"), "{error}");
    let error = Api::version_error(&module, "1.2.0");
    assert!(error.contains("20000"), "{error}");
    is_well(&registry).await
}
