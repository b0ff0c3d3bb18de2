//! What many repositories, and many modules in one, cost: deliveries of webhooks, one fetch for all modules, and looks at
//! what has not changed. All in one process.

mod delivered_tag;
mod deliveries;
mod mono;
mod unchanged;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use test_kit::{Api, GitServer, QuarryServer, SampleRepository};
use tokio::time::{Instant, sleep};

use crate::{input::Input, module::Publisher, step, table::Row};

const LONGEST_WAIT: Duration = Duration::from_secs(300);

pub(crate) async fn measure(scratch: &Path, input: &Input) -> Result<Vec<Row>> {
    step("a delivery for one new tag");
    let mut rows = delivered_tag::measure(&scratch.join("delivered"), input).await?;
    step("deliveries of webhooks");
    rows.extend(deliveries::measure(&scratch.join("deliveries")).await?);
    step("sixty modules in one repository");
    rows.extend(mono::measure(&scratch.join("mono")).await?);
    step("looking at what has not changed");
    rows.push(unchanged::measure(&scratch.join("unchanged")).await?);
    Ok(rows)
}

/// A registry with repositories of its own.
struct World {
    server: QuarryServer,
    api: Api,
    git: GitServer,
    data: PathBuf,
}

impl World {
    /// `settings` are those of the registry.
    fn start(folder: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        let repositories = folder.join("repositories");
        std::fs::create_dir_all(&repositories)?;
        let (git, data) = (GitServer::start(&repositories)?, folder.join("data"));
        let server = QuarryServer::start_with(&data, settings)?;
        Ok(Self { api: server.api()?, server, git, data })
    }

    async fn publisher(&self) -> Result<Publisher> {
        Publisher::new(self.api.clone(), &self.git).await
    }

    /// The same data under other settings.
    fn restart(&mut self, settings: &[(&str, &str)]) -> Result<()> {
        self.server.kill()?;
        self.server = QuarryServer::start_with(&self.data, settings)?;
        self.api = self.server.api()?;
        Ok(())
    }

    /// The repository of every look, but for those among the first requests.
    fn looks(&self, skipped: usize) -> Vec<String> {
        let of_look = |line: &String| Some(line.split_once("/info/refs")?.0.to_owned());
        self.git.requests().iter().skip(skipped).filter_map(of_look).collect()
    }
}

/// The same repository under many names, each of which is one to the registry.
fn many_names(folder: &Path, count: usize) -> Result<Vec<String>> {
    let repositories = folder.join("repositories");
    std::fs::create_dir_all(&repositories)?;
    let repository = SampleRepository::create(&repositories, "the-one.git")?;
    repository.commit(&[("main.tf", "variable \"name\" {}\n")])?;
    repository.tag("v1.0.0")?;
    let names: Vec<String> = (0..count).map(|number| format!("terraform-bench-many-{number}")).collect();
    for name in &names {
        symlink(repositories.join("the-one.git"), repositories.join(format!("{name}.git")))?;
    }
    Ok(names)
}

/// Publishes each repository, and waits until all can be installed; the ids of the modules.
async fn publish_all(world: &World, names: &[String]) -> Result<Vec<String>> {
    let publisher = world.publisher().await?;
    let mut modules = Vec::new();
    for (number, name) in names.iter().enumerate() {
        modules.push(publisher.begin(name, &format!("many-{number}")).await?);
    }
    for module in &modules {
        module.settled().await?;
    }
    Ok(modules.into_iter().map(|module| module.id().to_owned()).collect())
}

/// Posts, and expects to be answered well.
async fn post(api: &Api, path: &str) -> Result<Value> {
    let (status, mut answer) = api.post(path, json!({})).await?;
    ensure!(status.is_success(), "{status} {answer}");
    Ok(answer["data"]["attributes"].take())
}

/// Waits for something that comes in any case.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Result<()> {
    let start = Instant::now();
    while !is_so() {
        ensure!(start.elapsed() < LONGEST_WAIT, "waited too long for {what}");
        sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn text(attributes: &Value, name: &str) -> Result<String> {
    attributes[name].as_str().map(str::to_owned).with_context(|| format!("no {name} in {attributes}"))
}
