//! Tools that are built on go-tfe, pinned in `go-tfe/go.mod`, at the outer door of a running registry. What they do is
//! written in Go, in `go-tfe/`; here it gets a registry and a Git server.

#[path = "clients/built.rs"]
mod built;

use std::fs;
use std::path::Path;
use std::process::Command;

use test_kit::{GitServer, QuarryServer, SampleRepository};

const MODULE: &str = "github.com/hashicorp/go-tfe";
const GO_MOD: &str = include_str!("../go-tfe/go.mod");

/// What the Git server lets in.
const USER: &str = "reader";
const PASSWORD: &str = "the-password-of-the-reader";

/// Those that need the limit as it is by default.
const OF_THE_LIMIT: &str = "^TestRateLimit";

#[test]
fn go_tfe_manages_modules_connections_organizations_and_tokens() {
    let log = run(&[("QUARRY_RATE_LIMIT", "1000")], &["-test.skip", OF_THE_LIMIT]);

    // Errors and logs hold no secrets, whatever the client was told.
    assert!(!log.contains(PASSWORD), "the log holds a password");
}

#[test]
fn go_tfe_keeps_to_the_rate_limit() {
    run(&[], &["-test.run", OF_THE_LIMIT]);
}

/// Runs tests of `go-tfe/` against a registry with these settings, and returns what that logged.
fn run(settings: &[(&str, &str)], choice: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let repositories = folder.path().join("repositories");
    make_repositories(&repositories).expect("sample repositories");
    let git = GitServer::start_with_login(&repositories, USER, PASSWORD).expect("a Git server");
    let server = QuarryServer::start_with(&folder.path().join("data"), settings).expect("a registry");

    let output = Command::new(built::built("go-tfe", GO_MOD, MODULE))
        .arg("-test.v")
        .args(choice)
        .env_clear()
        .env("HOME", folder.path())
        .env("QUARRY_ADDRESS", server.url())
        .env("QUARRY_TOKEN", server.admin_token().expect("a token"))
        .env("QUARRY_GIT", git.url())
        .env("QUARRY_GIT_USER", USER)
        .env("QUARRY_GIT_PASSWORD", PASSWORD)
        .output()
        .expect("the tests start");

    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    assert!(report.contains("--- PASS"), "no test has run: {report}");
    assert!(!report.contains("--- SKIP"), "{report}");
    assert!(!report.contains(PASSWORD), "an answer holds a password: {report}");
    server.log()
}

fn make_repositories(root: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(root)?;
    SampleRepository::create(root, "terraform-demo-sample.git")?.release_three_times()?;
    let many = SampleRepository::create(root, "terraform-demo-many.git")?;
    many.commit(&[("main.tf", "variable \"root\" {}\n"), ("apps/web/main.tf", "variable \"web\" {}\n")])?;
    many.tag("v1.0.0")?;
    many.tag("web-v3.0.0")?;
    let odd = SampleRepository::create(root, "unconventional.git")?;
    odd.commit(&[("main.tf", "variable \"root\" {}\n")])?;
    odd.tag("v1.0.0")
}
