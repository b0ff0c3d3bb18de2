//! RabbitMQ is stopped, killed and restarted; queues and bindings are deleted; every message comes three times and out of
//! order.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;
use tokio::task::{JoinHandle, block_in_place};
use tokio::time::sleep;

use super::super::audit::{Control, audit};
use super::super::engines::Engines;
use super::super::plan::Plan;
use super::super::random::Random;
use super::super::stage::{Setting, Stage};
use super::super::table::Outcome;

const KINDS: [&str; 6] = ["sync-repository", "ingest-version", "ingest-upload", "parse-version", "purge", "visit-host"];
/// Between two looks for messages to repeat.
const LOOK: Duration = Duration::from_millis(200);

pub(super) async fn run(setting: Setting<'_>, control: &Control) -> Result<Outcome> {
    let (folder, limit) = (setting.folder.to_owned(), Duration::from_secs(60));
    let engines = setting.engines.context("there is no broker to break")?;
    let mut stage = Stage::open(setting, &Plan::default()).await?;
    let mut random = stage.random.fork();
    stage.workload.start_uploaders(2, &mut random);
    stage.workload.start_installers(1, &mut random);
    let repeater = Repeater::start(&stage, engines, random.fork())?;
    let copies = stage.scale.jobs.div_ceil(stage.scale.tags.max(1));
    let mut last = Instant::now();
    for number in 0..stage.scale.broker_restarts {
        // Work for each of them, up to the number that was promised.
        while stage.published.len() < copies * (number + 1) / stage.scale.broker_restarts {
            stage.publish_copy().await?;
        }
        if stage.is_ingested().await? {
            stage.publish_copy().await?;
        }
        break_once(&mut stage, engines, number).await?;
        last = Instant::now();
    }
    let repeated = repeater.end().await;
    let settled = stage.settle(last, limit).await?;
    let findings = audit(&stage, control).await?;
    Ok(Outcome {
        scenario: "broker",
        mode: stage.mode,
        faults: format!("{} restarts", stage.scale.broker_restarts),
        requests: stage.history.len(),
        findings,
        settled,
        limit,
        notes: vec![
            format!("{} repositories, {} tags", stage.published.len(), stage.published.len() * stage.scale.tags),
            format!("{repeated} messages were sent once more, out of order"),
        ],
        folder,
    })
}

/// In turn: an orderly stop, SIGKILL, and a restart; before, a queue or a binding goes.
async fn break_once(stage: &mut Stage, engines: &Engines, number: usize) -> Result<()> {
    sleep(Duration::from_millis(stage.random.below(1_500))).await;
    delete_something(stage, number)?;
    sleep(Duration::from_millis(stage.random.below(1_000))).await;
    let away = Duration::from_millis(stage.random.below(3_000));
    let outcome: Result<()> = block_in_place(|| {
        let mut rabbitmq = engines.rabbitmq();
        match number % 3 {
            0 => rabbitmq.kill()?,
            1 => rabbitmq.stop()?,
            _ => return rabbitmq.restart(),
        }
        std::thread::sleep(away);
        rabbitmq.start_again()
    });
    outcome
}

fn delete_something(stage: &mut Stage, number: usize) -> Result<()> {
    let kind = stage.random.pick(&KINDS).copied().unwrap_or("parse-version");
    let host = &stage.system.cluster()?.engines().virtual_host;
    let name = host.name();
    let path = if number.is_multiple_of(2) {
        format!("/api/queues/{name}/quarry.{kind}")
    } else {
        format!("/api/bindings/{name}/e/quarry.jobs/q/quarry.{kind}/{kind}")
    };
    // What is not there at the moment need not be deleted.
    let _ = block_in_place(|| host.manage("DELETE", &path, ""));
    Ok(())
}

/// Sends the message of every job that it ever saw twice more, at any time, in any order, also when the job is done.
struct Repeater {
    ends: Arc<AtomicBool>,
    sent: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Repeater {
    fn start(stage: &Stage, engines: &Engines, mut random: Random) -> Result<Self> {
        let super::super::system::System::Distributed(cluster) = &stage.system else {
            anyhow::bail!("there is no broker to break")
        };
        let private = cluster.engines();
        let (database, host) = (private.database.url(), private.virtual_host.name().to_owned());
        let api = engines.rabbitmq().api();
        let (ends, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (over, count) = (Arc::clone(&ends), Arc::clone(&sent));
        let http = reqwest::Client::builder().timeout(Duration::from_secs(2)).build()?;
        let task = tokio::spawn(async move {
            let (mut seen, mut waiting) = (BTreeSet::new(), Vec::new());
            while !over.load(Ordering::Acquire) || !waiting.is_empty() {
                if !over.load(Ordering::Acquire) {
                    for job in list_jobs(&database) {
                        if seen.insert(job.clone()) {
                            waiting.extend([job.clone(), job]);
                        }
                    }
                }
                random.shuffle(&mut waiting);
                let now = waiting.len().min(40);
                for (id, kind) in waiting.split_off(waiting.len() - now) {
                    if publish(&http, &api, &host, (&id, &kind)).await.is_ok() {
                        count.fetch_add(1, Ordering::Relaxed);
                    } else if !over.load(Ordering::Acquire) {
                        waiting.push((id, kind));
                    }
                }
                sleep(LOOK).await;
            }
        });
        Ok(Self { ends, sent, task })
    }

    /// How many it sent.
    async fn end(self) -> usize {
        self.ends.store(true, Ordering::Release);
        let _ = self.task.await;
        self.sent.load(Ordering::Relaxed)
    }
}

fn list_jobs(database: &str) -> Vec<(String, String)> {
    let rows = block_in_place(|| {
        let arguments = ["--no-psqlrc", "--tuples-only", "--no-align", "--dbname", database, "--command"];
        std::process::Command::new("psql").args(arguments).arg("SELECT id, kind FROM jobs").output()
    });
    let text = rows.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let pairs = text.lines().filter_map(|line| line.split_once('|'));
    pairs.map(|(id, kind)| (id.to_owned(), kind.to_owned())).collect()
}

/// As the registry itself sends it (`proto-docs/messages.md`).
fn properties() -> serde_json::Value {
    json!({"content_type": "application/json", "type": "job-due", "delivery_mode": 2, "headers": {"quarry-format": 1}})
}

async fn publish(http: &reqwest::Client, api: &str, host: &str, (id, kind): (&str, &str)) -> Result<()> {
    let payload = json!({"job_id": id}).to_string();
    let body =
        json!({"properties": properties(), "routing_key": kind, "payload": payload, "payload_encoding": "string"});
    let address = format!("{api}/api/exchanges/{host}/quarry.jobs/publish");
    let response = http.post(address).header("Content-Type", "application/json").body(body.to_string()).send().await?;
    anyhow::ensure!(response.status().is_success(), "{}", response.status());
    Ok(())
}
