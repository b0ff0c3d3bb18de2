//! A registry that is managed as code: by the current tofu with a provider on the PATH.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use test_kit::{Api, GitServer, QuarryServer, SampleRepository};

use crate::built::built;

/// Resolves nowhere: a CLI configuration says what is there.
pub(crate) const HOST: &str = "registry.acme.test";
const TOFU_MODULE: &str = "github.com/opentofu/opentofu";
const TOFU_GO_MOD: &str = include_str!("../../clients/go.mod");
/// A provider, and what it is told of the registry.
pub(crate) struct Provider {
    /// As a configuration calls it.
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
    /// The program that tofu starts.
    pub(crate) program: &'static str,
    /// The part of a CLI configuration that says where the registry is.
    pub(crate) services: fn(url: &str) -> String,
    /// Host and token.
    pub(crate) variables: [&'static str; 2],
}

/// The provider repeats what fails for five minutes, and would make a refusal look like a hang.
const LONGEST_SECONDS: &str = "60";

pub(crate) struct Desk {
    pub(crate) api: Api,
    pub(crate) server: QuarryServer,
    pub(crate) git: GitServer,
    provider: &'static Provider,
    /// By what name it finds the registry, and other things that it is told by its environment.
    pub(crate) host: String,
    pub(crate) environment: Vec<(&'static str, PathBuf)>,
    pub(crate) folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn open(provider: &'static Provider) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let repositories = folder.path().join("repositories");
        make_repositories(&repositories).expect("sample repositories");
        let git = GitServer::start(&repositories).expect("a Git server");
        let server = QuarryServer::start_with(&folder.path().join("data"), &[("QUARRY_RATE_LIMIT", "1000")])
            .expect("a registry");
        let api = server.api().expect("a client");
        fs::create_dir(folder.path().join("providers")).expect("a folder");
        let link = folder.path().join("providers").join(provider.program);
        symlink(find(provider.program), link).expect("a link to the provider");
        Self { api, server, git, provider, host: HOST.to_owned(), environment: Vec::new(), folder }
    }

    /// The organization `acme` and the id of the token of a connection to the Git server. The provider knows no plain
    /// Git, so it cannot make that itself.
    pub(crate) async fn with_connection(&self) -> String {
        self.api.make_organization("acme").await.expect("an organization");
        let attributes = json!({"name": "company git", "service-provider": "git", "http-url": self.git.url()});
        let body = json!({"data": {"type": "oauth-clients", "attributes": attributes}});
        let (_, answer) = self.api.post("/api/v2/organizations/acme/oauth-clients", body).await.expect("an answer");
        let token = answer.pointer("/data/relationships/oauth-tokens/data/0/id").and_then(Value::as_str);
        token.unwrap_or_else(|| panic!("no token in the answer: {answer}")).to_owned()
    }

    /// Brings the registry to what the configuration says, and expects that nothing is left to do then.
    pub(crate) fn apply(&self, configuration: &str) {
        self.write(configuration);
        succeeds(&self.tofu(&["apply", "-auto-approve"]));
        self.nothing_is_left_to_do();
    }

    /// The same, where it is refused: what the user is told.
    pub(crate) fn refused(&self, configuration: &str) -> String {
        self.write(configuration);
        let output = self.tofu(&["apply", "-auto-approve"]);
        assert!(!output.status.success(), "{}", text(&output));
        text(&output).split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
    }

    /// Takes what is in the registry over into a state that knows nothing yet, and expects that it is what the
    /// configuration says.
    pub(crate) fn import(&self, configuration: &str, address: &str, id: &str) {
        self.write(configuration);
        fs::remove_file(self.work().join("terraform.tfstate")).expect("there was a state");
        succeeds(&self.tofu(&["import", address, id]));
        self.nothing_is_left_to_do();
    }

    pub(crate) fn destroy(&self) {
        succeeds(&self.tofu(&["apply", "-destroy", "-auto-approve"]));
    }

    pub(crate) fn nothing_is_left_to_do(&self) {
        let plan = self.tofu(&["plan", "-detailed-exitcode"]);
        assert_eq!(plan.status.code(), Some(0), "something is left to do: {}", text(&plan));
    }

    /// The value of an output.
    pub(crate) fn output(&self, name: &str) -> Value {
        let output = self.tofu(&["output", "-json", name]);
        succeeds(&output);
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    fn write(&self, configuration: &str) {
        let Provider { name, source, .. } = self.provider;
        let head = format!(
            "terraform {{\n  required_providers {{\n    {name} = {{\n      source = \"{source}\"\n    }}\n  }}\n}}\n"
        );
        fs::create_dir_all(self.work()).expect("a folder");
        fs::write(self.work().join("main.tf"), format!("{head}{configuration}")).expect("a configuration");
    }

    fn tofu(&self, arguments: &[&str]) -> Output {
        let config_file = self.folder.path().join("cli.tfrc");
        let config = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"{}\" = \"{}\"\n  }}\n}}\n{}",
            self.provider.source,
            self.folder.path().join("providers").display(),
            (self.provider.services)(self.server.url()),
        );
        fs::write(&config_file, config).expect("a CLI configuration");
        Command::new("timeout")
            .arg(LONGEST_SECONDS)
            .arg(built("tofu", TOFU_GO_MOD, TOFU_MODULE))
            .args(arguments.iter().take(1))
            .arg("-no-color")
            .args(arguments.iter().skip(1))
            .current_dir(self.work())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("TF_CLI_CONFIG_FILE", &config_file)
            .env(self.provider.variables[0], &self.host)
            .env(self.provider.variables[1], self.server.admin_token().expect("a token"))
            .envs(self.environment.iter().map(|(name, value)| (*name, value)))
            .output()
            .expect("tofu starts")
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }
}

fn make_repositories(root: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(root)?;
    SampleRepository::create(root, "terraform-demo-sample.git")?.release_three_times()?;
    let many = SampleRepository::create(root, "terraform-demo-many.git")?;
    many.commit(&[("main.tf", "variable \"root\" {}\n"), ("apps/web/main.tf", "variable \"web\" {}\n")])?;
    many.tag("v1.0.0")?;
    many.tag("web-v3.0.0")
}

/// The provider is a plugin that tofu starts, wherever it was found.
fn find(program: &str) -> PathBuf {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{program} must be on the PATH"))
}

fn succeeds(output: &Output) {
    assert!(output.status.success(), "{}", text(output));
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
