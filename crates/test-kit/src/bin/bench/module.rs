//! A module as it is published through the API, in either mode.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use test_kit::{Api, GitServer};
use tokio::time::{Instant, sleep};

pub(crate) const ORGANIZATION: &str = "bench";
/// The provider of all modules here.
pub(crate) const PROVIDER: &str = "bench";
const LONGEST_WAIT: Duration = Duration::from_secs(180);

/// Where modules are published.
#[derive(Clone)]
pub(crate) struct Publisher {
    api: Api,
    /// Of the connection to the Git server.
    connection: String,
}

impl Publisher {
    /// Makes the organization of the bench, which must not be there yet.
    pub(crate) async fn new(api: Api, git: &GitServer) -> Result<Self> {
        api.make_organization(ORGANIZATION).await?;
        let connection = api.connect(ORGANIZATION, &git.url(), None).await?;
        Ok(Self { api, connection })
    }

    /// Publishes the repository `identifier` under `name`, without waiting.
    pub(crate) async fn begin(&self, identifier: &str, name: &str) -> Result<Module> {
        let names = json!({"name": name, "provider": PROVIDER});
        self.begin_as(identifier, names).await
    }

    /// Publishes a directory of a repository under its own name, from the tags that begin with it, without waiting.
    pub(crate) async fn begin_part(&self, identifier: &str, directory: &str) -> Result<Module> {
        let source = json!({
            "name": directory, "provider": PROVIDER, "source-directory": directory, "tag-prefix": format!("{directory}-"),
        });
        self.begin_as(identifier, source).await
    }

    async fn begin_as(&self, identifier: &str, extra: Value) -> Result<Module> {
        let module = self.api.publish(ORGANIZATION, &self.connection, identifier, extra).await?;
        let id = module["id"].as_str().context("the module has no id")?.to_owned();
        Ok(Module { api: self.api.clone(), id })
    }
}

pub(crate) struct Module {
    api: Api,
    id: String,
}

impl Module {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Waits until every version has ended; how many of them are `ok`.
    pub(crate) async fn settled(&self) -> Result<usize> {
        let start = Instant::now();
        loop {
            let module = self.attributes(start).await?;
            let statuses = versions(&module);
            let is_done = |version: &Value| version["status"] == "ok" || version["error"].is_string();
            if module["vcs-repo"]["synced-at"].is_string() && statuses.iter().all(is_done) {
                let failed: Vec<String> =
                    statuses.iter().filter(|it| it["status"] != "ok").map(Value::to_string).collect();
                if !failed.is_empty() {
                    eprintln!("  failed: {}", failed.join(" "));
                }
                return Ok(statuses.len() - failed.len());
            }
            // Rarely enough that asking is no load.
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// From the request to look again until `version` is `ok`.
    pub(crate) async fn resync_until(&self, version: &str) -> Result<Duration> {
        let start = Instant::now();
        self.api.resync(&self.id).await?;
        self.until(version, start).await
    }

    /// Since `start` until `version` is `ok`.
    pub(crate) async fn until(&self, version: &str, start: Instant) -> Result<Duration> {
        loop {
            let module = self.attributes(start).await?;
            if let Some(found) = versions(&module).iter().find(|it| it["version"] == version) {
                ensure!(!found["error"].is_string(), "{found}");
                if found["status"] == "ok" {
                    return Ok(start.elapsed());
                }
            }
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Numbers of the versions that can be installed, newest first, without pre-releases.
    pub(crate) async fn stable_versions(&self) -> Result<Vec<String>> {
        let module = self.attributes(Instant::now()).await?;
        let ok = versions(&module).iter().filter(|it| it["status"] == "ok");
        let numbers = ok.filter_map(|it| it["version"].as_str());
        Ok(numbers.filter(|number| !number.contains('-')).map(str::to_owned).collect())
    }

    async fn attributes(&self, since: Instant) -> Result<Value> {
        ensure!(since.elapsed() < LONGEST_WAIT, "waited too long for the versions of a module");
        let (status, mut answer) = self.api.get(&format!("/api/v2/registry-modules/{}", self.id)).await?;
        ensure!(status == 200, "{status} {answer}");
        Ok(answer["data"]["attributes"].take())
    }
}

fn versions(module: &Value) -> &[Value] {
    module["version-statuses"].as_array().map(Vec::as_slice).unwrap_or_default()
}
