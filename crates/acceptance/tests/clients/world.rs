//! A registry with published modules, and a folder for configurations that use them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use test_kit::{Api, GitServer, QuarryServer, SampleRepository};

use super::front::Front;

/// With a dot: the CLIs refuse hosts without one. A name that needs no entry anywhere, because the CLIs are told where its
/// services are.
const HOST: &str = "registry.acme.test";

pub(crate) struct World {
    pub(crate) server: QuarryServer,
    pub(crate) front: Front,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) api: Api,
    sample: SampleRepository,
    sample_id: String,
    _git: GitServer,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_behind(Front::start().await.expect("a proxy")).await
    }

    /// Over https, where clients discover the services by themselves.
    pub(crate) async fn start_secure() -> Self {
        Self::start_behind(Front::start_secure().await.expect("a proxy")).await
    }

    async fn start_behind(front: Front) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let repositories = folder.path().join("repositories");
        let sample = make_repositories(&repositories).expect("sample repositories");
        let git = GitServer::start(&repositories).expect("a Git server");
        let url = front.url();
        // The tests ask more often than clients do.
        let settings = [("QUARRY_PUBLIC_URL", url.as_str()), ("QUARRY_RATE_LIMIT", "1000")];
        let server = QuarryServer::start_with(&folder.path().join("data"), &settings).expect("a registry");
        front.pass_on_to(server.url());
        let api = server.api().expect("a client");
        api.make_organization("acme").await.expect("an organization");
        let token = api.connect("acme", &git.url(), None).await.expect("a connection");
        let outer = json!({"source-directory": "lib/terraform-demo-outer"});
        let mut ids = Vec::new();
        for (identifier, extra) in [
            ("terraform-demo-sample", json!({})),
            ("mono", outer),
            ("terraform-demo-built", json!({})),
            ("terraform-demo-linked", json!({})),
        ] {
            let module = api.publish("acme", &token, identifier, extra).await.expect("a module");
            ids.push(module["id"].as_str().expect("an id").to_owned());
        }
        for id in &ids {
            all_ok(&api.settled(id).await.expect("versions"));
        }
        Self { server, front, folder, api, sample, sample_id: ids.swap_remove(0), _git: git }
    }

    /// A further release of `acme/sample/demo`, ready to be installed.
    pub(crate) async fn release(&self, tag: &str) {
        release(&self.sample, tag).expect("a release");
        self.api.resync(&self.sample_id).await.expect("a resync");
        test_kit::wait_for("the release", || async {
            let module = self.api.settled(&self.sample_id).await?;
            let released = format!("{} ok", tag.trim_start_matches('v'));
            Ok(Api::version_statuses(&module).contains(&released).then_some(()))
        })
        .await
        .expect("the release");
    }

    /// A configuration with these module calls (name, source below the host, version), instead of what was there.
    pub(crate) fn configure(&self, calls: &[(&str, &str, &str)]) {
        let _ = fs::remove_dir_all(self.work());
        fs::create_dir_all(self.work()).expect("a folder");
        let host = self.host();
        let call = |(name, source, version): &(&str, &str, &str)| {
            format!("module \"{name}\" {{\n  source  = \"{host}/{source}\"\n  version = \"{version}\"\n}}\n")
        };
        fs::write(self.work().join("main.tf"), calls.iter().map(call).collect::<String>()).expect("a configuration");
    }

    /// `init` of a configuration with these calls.
    pub(crate) async fn init(&self, client: &Path, calls: &[(&str, &str, &str)]) -> Output {
        self.configure(calls);
        self.run(client, &["init", "-backend=false"]).await
    }

    /// One command of a client in the folder of the configuration, with the administrator's token.
    pub(crate) async fn run(&self, client: &Path, arguments: &[&str]) -> Output {
        self.run_as(client, &self.server.admin_token().expect("a token"), arguments).await
    }

    /// The same with any token. The registry and the proxy go on meanwhile.
    pub(crate) async fn run_as(&self, client: &Path, token: &str, arguments: &[&str]) -> Output {
        self.store_token(token);
        let mut command = self.command(client);
        command.args(arguments).arg("-no-color");
        tokio::task::spawn_blocking(move || command.output()).await.expect("a thread").expect("the client starts")
    }

    /// A client that has nothing but the folder of the configuration and a home of its own.
    pub(crate) fn command(&self, client: &Path) -> Command {
        let home = self.folder.path();
        let mut command = Command::new(client);
        fs::create_dir_all(self.work()).expect("a folder");
        // Terraform does not make it.
        fs::create_dir_all(home.join(".terraform.d")).expect("a folder");
        command.current_dir(self.work()).env_clear().env("HOME", home).env("CHECKPOINT_DISABLE", "1");
        if let Some(certificate) = &self.front.certificate {
            fs::write(home.join("trusted.pem"), certificate).expect("a certificate");
            command.env("SSL_CERT_FILE", home.join("trusted.pem"));
        } else {
            let services = format!("{{ \"modules.v1\" = \"{}/api/registry/v1/modules/\" }}", self.front.url());
            let config = format!("host \"{HOST}\" {{\n  services = {services}\n}}\n");
            fs::write(home.join(".terraformrc"), config).expect("a CLI configuration");
        }
        command
    }

    /// What module sources begin with.
    pub(crate) fn host(&self) -> &str {
        if self.front.certificate.is_some() { &self.front.address } else { HOST }
    }

    /// Where clients keep what `login` gave them.
    pub(crate) fn stored_tokens(&self) -> PathBuf {
        self.folder.path().join(".terraform.d/credentials.tfrc.json")
    }

    fn store_token(&self, token: &str) {
        let stored = json!({"credentials": {self.host(): {"token": token}}});
        fs::create_dir_all(self.folder.path().join(".terraform.d")).expect("a folder");
        fs::write(self.stored_tokens(), stored.to_string()).expect("a stored token");
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The text of a file of an installed module, or nothing.
    pub(crate) fn installed(&self, path: &str) -> String {
        fs::read_to_string(self.work().join(".terraform/modules").join(path)).unwrap_or_default()
    }

    pub(crate) fn blobs(&self) -> Vec<PathBuf> {
        let folders = fs::read_dir(self.folder.path().join("data/blobs/sha256")).expect("blobs");
        let files = folders.flat_map(|folder| fs::read_dir(folder.expect("an entry").path()).expect("a folder"));
        files.map(|file| file.expect("an entry").path()).collect()
    }
}

fn all_ok(module: &Value) {
    let statuses = Api::version_statuses(module);
    assert!(!statuses.is_empty() && statuses.iter().all(|it| it.ends_with(" ok")), "{module}");
}

fn make_repositories(root: &Path) -> anyhow::Result<SampleRepository> {
    let sample = SampleRepository::create(root, "terraform-demo-sample.git")?;
    for tag in ["v1.0.0", "v1.1.0", "v2.0.0-rc1"] {
        release(&sample, tag)?;
    }
    let mono = SampleRepository::create(root, "mono.git")?;
    mono.commit(&[
        ("lib/terraform-demo-outer/main.tf", "module \"inner\" {\n  source = \"../inner\"\n}\n"),
        ("lib/inner/main.tf", "output \"x\" {\n  value = 1\n}\n"),
    ])?;
    mono.tag("v1.0.0")?;
    let built = SampleRepository::create(root, "terraform-demo-built.git")?;
    release(&built, "v1.0.0+build.7")?;
    let linked = SampleRepository::create(root, "terraform-demo-linked.git")?;
    let content = b"# what the link points at\n";
    linked.commit_modes(&[("100644", "shared/real.tf", content), ("120000", "main.tf", b"shared/real.tf")])?;
    linked.tag("v1.0.0")?;
    Ok(sample)
}

fn release(repository: &SampleRepository, tag: &str) -> anyhow::Result<()> {
    let main = format!("# release {tag}\nvariable \"name\" {{\n  default = \"x\"\n}}\n");
    let part = "variable \"size\" {\n  default = 1\n}\n";
    repository.commit(&[("main.tf", &main), ("modules/part/main.tf", part), ("README.md", "# Sample\n")])?;
    repository.tag(tag)
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
