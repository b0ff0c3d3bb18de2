//! A container of a rendering as a process of this machine: its command and its environment, exactly, but for the places
//! where it finds the engines, listens and writes.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use test_kit::services::{Database, VirtualHost, s3_prefix};

use crate::image;
use crate::pods::own_environment;
use crate::rendered::{container, environment_lines, list, named, objects, of_kind, pod, role, root, text};

/// Engines of this test alone, and secrets as an operator makes them.
pub struct Machine {
    database: Database,
    broker: VirtualHost,
    blobs: String,
    secrets: BTreeMap<String, String>,
    folder: tempfile::TempDir,
}

impl Machine {
    pub fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let secrets = make_secrets("small", &folder.path().join("secrets.env"))?;
        Ok(Self { database: Database::create()?, broker: VirtualHost::create()?, blobs: s3_prefix()?, secrets, folder })
    }

    /// The container of a role, or of the migration, as the overlay has it.
    pub fn start(&self, name: &str) -> Result<Process> {
        let rendering = objects("small");
        let workloads = of_kind("small", &["Deployment", "Job"]);
        let workload = workloads.iter().find(|it| role(it) == name).with_context(|| format!("no {name}"))?;
        let container = container(workload).clone();
        let port = free_port()?;
        let place = tempfile::Builder::new().prefix(name).tempdir_in(self.folder.path())?.keep();
        let (data, work) = (place.join("data"), place.join("work"));
        std::fs::create_dir(&data)?;
        std::fs::create_dir(&work)?;
        let environment = self.environment(&rendering, &container, port, &data)?;
        let log = place.join("log");
        let process = Command::new(test_kit::binary()?.with_file_name(image::program()))
            .args(list(&container["args"]).iter().map(text))
            .env_clear()
            .envs(&environment)
            .current_dir(&work)
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?)
            .spawn()?;
        let grace = pod(workload)["terminationGracePeriodSeconds"].as_u64().unwrap_or(30);
        Ok(Process { name: name.to_owned(), process, container, port, grace, place })
    }

    /// What the image sets, then the ConfigMap, then the container's own, as Kubernetes has it.
    fn environment(
        &self,
        rendering: &[Value],
        container: &Value,
        port: u16,
        data: &Path,
    ) -> Result<BTreeMap<String, String>> {
        let mut environment = image::environment();
        for source in list(&container["envFrom"]) {
            let settings = &named(rendering, "ConfigMap", text(&source["configMapRef"]["name"]))["data"];
            let settings = settings.as_object().context("a ConfigMap without data")?;
            environment.extend(settings.iter().map(|(name, value)| (name.clone(), text(value).to_owned())));
        }
        for (name, variable) in own_environment(container) {
            let key = text(&variable["valueFrom"]["secretKeyRef"]["key"]);
            let secret = || self.secrets.get(key).with_context(|| format!("deploy/make-secrets.sh makes no {key}"));
            let value = if key.is_empty() { text(&variable["value"]).to_owned() } else { secret()?.clone() };
            environment.insert(name.to_owned(), value);
        }
        for (name, value) in &mut environment {
            if let Some(there) = self.instead(name, data)? {
                *value = there;
            } else if ["QUARRY_LISTEN", "QUARRY_ARCHIVIST_LISTEN"].contains(&name.as_str()) {
                // That of the image stays in force where a role listens by another name; its port is of no use here.
                let declared =
                    format!("0.0.0.0:{}", list(&container["ports"]).first().unwrap_or(container)["containerPort"]);
                *value = format!("127.0.0.1:{}", if *value == declared { port } else { 0 });
            }
        }
        Ok(environment)
    }

    /// What stands on this machine for a value that leads elsewhere.
    fn instead(&self, name: &str, data: &Path) -> Result<Option<String>> {
        let of_test = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set: run `make test`"));
        Ok(match name {
            "QUARRY_DATABASE_URL" => Some(self.database.url()),
            "QUARRY_BROKER_URL" => Some(self.broker.url()),
            "QUARRY_BLOBS_URL" => Some(self.blobs.clone()),
            "QUARRY_DATA_DIR" => Some(data.display().to_string()),
            "AWS_ENDPOINT_URL" => Some(of_test("QUARRY_TEST_S3_ENDPOINT")?),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "AWS_REGION" => Some(of_test(name)?),
            _ => None,
        })
    }
}

/// Killed on drop.
pub struct Process {
    pub name: String,
    pub process: Child,
    pub container: Value,
    pub grace: u64,
    port: u16,
    place: std::path::PathBuf,
}

impl Process {
    /// The address of one of its probes on this machine.
    pub fn probe(&self, probe: &str) -> String {
        let probe = &self.container[probe]["httpGet"];
        let ports = list(&self.container["ports"]);
        assert!(ports.iter().any(|port| port["name"] == probe["port"]), "{}: {probe}", self.name);
        self.address(text(&probe["path"]))
    }

    pub fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.place.join("log")).unwrap_or_default()
    }

    /// Files outside the two folders that a container may write to.
    pub fn written_elsewhere(&self) -> Result<Vec<String>> {
        let entries = std::fs::read_dir(self.place.join("work"))?;
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    pub fn terminate(&self) -> Result<()> {
        ensure!(Command::new("kill").arg(self.process.id().to_string()).status()?.success(), "{} is gone", self.name);
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs the script with the keys of this build.
pub fn make_secrets(what: &str, file: &Path) -> Result<BTreeMap<String, String>> {
    let keys = format!("{} keys new", test_kit::binary()?.display());
    let mut script = Command::new(root().join("deploy/make-secrets.sh"));
    let output = script.arg(what).arg(file).env("KEYS_NEW", keys).output()?;
    ensure!(output.status.success(), "make-secrets.sh: {}", String::from_utf8_lossy(&output.stderr));
    Ok(environment_lines(&std::fs::read_to_string(file)?))
}

/// Free a moment ago; nobody else asks for one so soon.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
