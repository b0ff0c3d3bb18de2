//! The real clients, pinned in `clients/go.mod`, at the outer door of a running registry.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::json;
use test_kit::{GitServer, QuarryServer, SampleRepository};

#[test]
fn the_pinned_tofu_is_the_one_that_runs() {
    let output = Command::new(tofu()).arg("version").env_clear().output().expect("tofu starts");
    let answer = String::from_utf8_lossy(&output.stdout);
    assert!(answer.starts_with(&format!("OpenTofu v{}\n", tofu_version())), "{answer}");
}

#[tokio::test]
async fn tofu_installs_the_version_that_fits_with_and_without_a_submodule() {
    let world = World::start().await;

    let output = world.init(&[
        ("latest", "acme/sample/demo", "~> 1.0"),
        ("pinned", "acme/sample/demo", "1.0.0"),
        ("part", "acme/sample/demo//modules/part", ">= 1.0, < 2.0"),
        ("candidate", "acme/sample/demo", "2.0.0-rc1"),
    ]);

    assert!(output.status.success(), "{}", text(&output));
    let installed = |path: &str| fs::read_to_string(world.module(path)).unwrap_or_default();
    assert!(installed("latest/main.tf").contains("release v1.1.0"), "{}", text(&output));
    assert!(installed("pinned/main.tf").contains("release v1.0.0"));
    assert!(installed("candidate/main.tf").contains("release v2.0.0-rc1"));
    assert!(installed("part/modules/part/main.tf").contains("variable \"size\""));
    assert!(!world.module("latest/.git").exists());
}

#[tokio::test]
async fn a_module_that_calls_its_neighbour_finds_it_in_the_same_archive() {
    let world = World::start().await;

    let output = world.init(&[("outer", "acme/outer/demo", "1.0.0")]);

    assert!(output.status.success(), "{}", text(&output));
    assert!(world.module("outer/lib/terraform-demo-outer/main.tf").exists(), "{}", text(&output));
    assert!(world.module("outer/lib/inner/main.tf").exists());
}

#[tokio::test]
async fn one_changed_byte_in_the_store_makes_init_fail() {
    let world = World::start().await;
    for blob in world.blobs() {
        let mut bytes = fs::read(&blob).expect("the blob can be read");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&blob, bytes).expect("the blob can be written");
    }

    let output = world.init(&[("altered", "acme/sample/demo", "1.0.0")]);

    assert!(!output.status.success(), "an altered archive was installed: {}", text(&output));
    assert!(!world.module("altered/main.tf").exists());
}

#[tokio::test]
async fn a_wrong_token_and_an_unknown_module_are_told_apart() {
    let world = World::start().await;

    let unknown = world.init(&[("unknown", "acme/nothing/demo", "1.0.0")]);
    let stranger =
        world.init_with_token("quarry_000000000000000000000000000000000", &[("x", "acme/sample/demo", "1.0.0")]);

    assert!(text(&unknown).contains("Module not found"), "{}", text(&unknown));
    assert!(text(&stranger).contains("401"), "{}", text(&stranger));
}

/// A registry with two published modules, and a folder for a configuration that uses them.
struct World {
    server: QuarryServer,
    folder: tempfile::TempDir,
    _git: GitServer,
}

impl World {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let repositories = folder.path().join("repositories");
        make_repositories(&repositories).expect("sample repositories");
        let git = GitServer::start(&repositories).expect("a Git server");
        let server = QuarryServer::start(&folder.path().join("data")).expect("a registry");
        let api = server.api().expect("a client");
        api.make_organization("acme").await.expect("an organization");
        let token = api.connect("acme", &git.url(), None).await.expect("a connection");
        let outer = json!({"source-directory": "lib/terraform-demo-outer"});
        for (identifier, extra) in [("terraform-demo-sample", json!({})), ("mono", outer)] {
            let module = api.publish("acme", &token, identifier, extra).await.expect("a module");
            let module = api.settled(module["id"].as_str().expect("an id")).await.expect("versions");
            let statuses = test_kit::Api::version_statuses(&module);
            assert!(!statuses.is_empty() && statuses.iter().all(|it| it.ends_with(" ok")), "{module}");
        }
        Self { server, folder, _git: git }
    }

    fn init(&self, calls: &[(&str, &str, &str)]) -> Output {
        self.init_with_token(&self.server.admin_token().expect("a token"), calls)
    }

    /// `tofu init` of a configuration with these module calls (name, source below the host, version).
    fn init_with_token(&self, token: &str, calls: &[(&str, &str, &str)]) -> Output {
        let work = self.folder.path().join("work");
        let _ = fs::remove_dir_all(&work);
        fs::create_dir_all(&work).expect("a folder");
        let call = |(name, source, version): &(&str, &str, &str)| {
            format!("module \"{name}\" {{\n  source  = \"{HOST}/{source}\"\n  version = \"{version}\"\n}}\n")
        };
        fs::write(work.join("main.tf"), calls.iter().map(call).collect::<String>()).expect("a configuration");
        let services = format!("{}/api/registry/v1/modules/", self.server.url());
        let config = format!("host \"{HOST}\" {{\n  services = {{ \"modules.v1\" = \"{services}\" }}\n}}\n");
        let config_file = self.folder.path().join("cli.tfrc");
        fs::write(&config_file, config).expect("a CLI configuration");
        Command::new(tofu())
            .args(["init", "-no-color", "-backend=false"])
            .current_dir(&work)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("TF_CLI_CONFIG_FILE", &config_file)
            .env("TF_TOKEN_registry_acme_test", token)
            .output()
            .expect("tofu starts")
    }

    fn module(&self, path: &str) -> PathBuf {
        self.folder.path().join("work/.terraform/modules").join(path)
    }

    fn blobs(&self) -> Vec<PathBuf> {
        let folders = fs::read_dir(self.folder.path().join("data/blobs/sha256")).expect("blobs");
        let files = folders.flat_map(|folder| fs::read_dir(folder.expect("an entry").path()).expect("a folder"));
        files.map(|file| file.expect("an entry").path()).collect()
    }
}

/// With a dot: the CLIs refuse hosts without one.
const HOST: &str = "registry.acme.test";

fn make_repositories(root: &Path) -> anyhow::Result<()> {
    let sample = SampleRepository::create(root, "terraform-demo-sample.git")?;
    for tag in ["v1.0.0", "v1.1.0", "v2.0.0-rc1"] {
        let main = format!("# release {tag}\nvariable \"name\" {{\n  default = \"x\"\n}}\n");
        let part = "variable \"size\" {\n  default = 1\n}\n";
        sample.commit(&[("main.tf", &main), ("modules/part/main.tf", part), ("README.md", "# Sample\n")])?;
        sample.tag(tag)?;
    }
    let mono = SampleRepository::create(root, "mono.git")?;
    mono.commit(&[
        ("lib/terraform-demo-outer/main.tf", "module \"inner\" {\n  source = \"../inner\"\n}\n"),
        ("lib/inner/main.tf", "output \"x\" {\n  value = 1\n}\n"),
    ])?;
    mono.tag("v1.0.0")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The client that `make clients` built.
fn tofu() -> PathBuf {
    let repository =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("acceptance lies two folders deep");
    let tofu = repository.join(".cache/clients").join(format!("tofu-{}", tofu_version()));
    assert!(tofu.is_file(), "{} is missing: run `make clients`", tofu.display());
    tofu
}

fn tofu_version() -> &'static str {
    let pinned = include_str!("../clients/go.mod").split("opentofu/opentofu v").nth(1);
    pinned.and_then(|rest| rest.split_whitespace().next()).expect("clients/go.mod pins OpenTofu")
}
