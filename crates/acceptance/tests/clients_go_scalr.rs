//! Tools that are built on go-scalr v2, pinned in `go-scalr/go.mod`, at the outer door of a running registry. What they do is
//! written in Go, in `go-scalr/`; here it gets a registry behind https, which is all that it speaks, and a Git server.

#[path = "clients/built.rs"]
mod built;
#[path = "clients/front.rs"]
#[expect(dead_code, reason = "others count requests, and speak http")]
mod front;

use std::fs;

use test_kit::{GitServer, QuarryServer, SampleRepository};
use tokio::process::Command;

use front::Front;

const MODULE: &str = "github.com/scalr/go-scalr/v2";
const GO_MOD: &str = include_str!("../go-scalr/go.mod");

#[tokio::test]
async fn go_scalr_manages_modules_versions_and_namespaces() {
    let folder = tempfile::tempdir().expect("a folder");
    let repositories = folder.path().join("repositories");
    fs::create_dir_all(&repositories).expect("a folder");
    let sample = SampleRepository::create(&repositories, "terraform-demo-sample.git").expect("a repository");
    sample.release_three_times().expect("releases");
    let git = GitServer::start(&repositories).expect("a Git server");
    let server = QuarryServer::start_with(&folder.path().join("data"), &[("QUARRY_RATE_LIMIT", "1000")]);
    let server = server.expect("a registry");
    let api = server.api().expect("a client");
    let connection = api.connect("default", &git.url(), None).await.expect("a connection");
    let (_, found) = api.get("/api/iacp/v3/accounts?filter%5Bname%5D=default").await.expect("an answer");
    let account = found["data"][0]["id"].as_str().expect("an account");
    let front = Front::start_secure().await.expect("a proxy");
    front.pass_on_to(server.url());
    let authority = folder.path().join("authority.pem");
    fs::write(&authority, front.certificate.as_deref().expect("a certificate")).expect("a file");

    let output = Command::new(built::built("go-scalr", GO_MOD, MODULE))
        .arg("-test.v")
        .env_clear()
        .env("HOME", folder.path())
        .env("SSL_CERT_FILE", authority)
        .env("QUARRY_HOST", &front.address)
        .env("QUARRY_TOKEN", server.admin_token().expect("a token"))
        .env("QUARRY_ACCOUNT", account)
        .env("QUARRY_VCS_PROVIDER", connection.replace("ot-", "vcs-"))
        .output()
        .await
        .expect("the tests start");

    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    assert!(report.contains("--- PASS"), "no test has run: {report}");
    assert!(!report.contains("--- SKIP"), "{report}");
}
