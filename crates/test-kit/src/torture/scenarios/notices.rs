//! What one process changes, every gateway knows within a second; within five if no notice arrives.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::json;
use tokio::task::block_in_place;
use tokio::time::sleep;

use super::super::audit::{Control, Findings, audit};
use super::super::client::Call;
use super::super::engines::Engines;
use super::super::plan::Plan;
use super::super::stage::{ORGANIZATION, Setting, Stage};
use super::super::table::Outcome;

const WITH_NOTICE: Duration = Duration::from_secs(1);
const WITHOUT_NOTICE: Duration = Duration::from_secs(5);
const ROUNDS: usize = 3;

#[derive(Default)]
struct Report {
    findings: Findings,
    notes: Vec<String>,
}

pub(super) async fn run(setting: Setting<'_>, control: &Control) -> Result<Outcome> {
    let (folder, limit) = (setting.folder.to_owned(), Duration::from_secs(60));
    let engines = setting.engines.context("there is no broker")?;
    let mut stage = Stage::open(setting, &Plan::default()).await?;
    stage.publish_copy().await?;
    while !stage.is_ingested().await? {
        sleep(Duration::from_millis(100)).await;
    }
    let mut report = Report::default();
    for _ in 0..ROUNDS {
        revoke(&mut stage, WITH_NOTICE, true, &mut report).await?;
        see_change(&stage, WITH_NOTICE, &mut report).await?;
    }
    without_broker(&mut stage, engines, &mut report).await?;
    let settled = stage.settle(Instant::now(), limit).await?;
    let audited = audit(&stage, control).await?;
    Ok(Outcome {
        scenario: "notices",
        mode: stage.mode,
        faults: "RabbitMQ killed once".to_owned(),
        requests: stage.history.len(),
        findings: report.findings.with(audited),
        settled,
        limit,
        notes: report.notes,
        folder,
    })
}

async fn without_broker(stage: &mut Stage, engines: &Engines, report: &mut Report) -> Result<()> {
    block_in_place(|| engines.rabbitmq().kill())?;
    for _ in 0..ROUNDS {
        revoke(stage, WITHOUT_NOTICE, false, report).await?;
        see_change(stage, WITHOUT_NOTICE, report).await?;
    }
    block_in_place(|| engines.rabbitmq().start_again())
}

/// The administrator's token is revoked as another process would do it, and comes back. Every gateway has it in memory.
async fn revoke(stage: &mut Stage, limit: Duration, announce: bool, report: &mut Report) -> Result<()> {
    every_gateway_answers(stage, 200, Duration::from_secs(10)).await?;
    stage.system.ask("UPDATE tokens SET revoked_at = 1")?;
    if announce {
        announce_tokens(stage)?;
    }
    let took = every_gateway_answers(stage, 401, limit * 3).await?;
    judge("a revoked token was refused", took, limit, announce, report);
    stage.system.ask("UPDATE tokens SET revoked_at = NULL")?;
    if announce {
        announce_tokens(stage)?;
    }
    every_gateway_answers(stage, 200, Duration::from_secs(10)).await.map(drop)
}

fn announce_tokens(stage: &mut Stage) -> Result<()> {
    let host = &stage.system.cluster()?.engines().virtual_host;
    let body =
        json!({"properties": {}, "routing_key": "", "payload": r#"{"change":"tokens"}"#, "payload_encoding": "string"});
    let path = format!("/api/exchanges/{}/quarry.changes/publish", host.name());
    block_in_place(|| host.manage("POST", &path, &body.to_string())).map(drop)
}

/// How long until all of them do.
async fn every_gateway_answers(stage: &Stage, status: u16, patience: Duration) -> Result<Option<Duration>> {
    let begun = Instant::now();
    let path = format!("/api/v2/organizations/{ORGANIZATION}");
    for gateway in stage.system.gateways()? {
        let client = stage.client.at(&gateway);
        let call = Call::new("show-organization", ORGANIZATION, Method::GET, path.clone());
        while client.once(&call).await.status != status {
            if begun.elapsed() > patience {
                return Ok(None);
            }
            sleep(Duration::from_millis(5)).await;
        }
    }
    Ok(Some(begun.elapsed()))
}

/// A module that is made through one gateway is seen through all, which said before that there is none.
async fn see_change(stage: &Stage, limit: Duration, report: &mut Report) -> Result<()> {
    let gateways = stage.system.gateways()?;
    let name = format!("seen-{}", stage.history.len());
    let address = format!("{ORGANIZATION}/{name}/test");
    let path = format!("/api/registry/v1/modules/{address}/versions");
    for gateway in &gateways {
        stage.client.at(gateway).once(&Call::new("versions", &address, Method::GET, path.clone())).await;
    }
    let attributes = json!({"name": name, "provider": "test", "registry-name": "private"});
    let body = json!({"data": {"type": "registry-modules", "attributes": attributes}});
    let making = format!("/api/v2/organizations/{ORGANIZATION}/registry-modules");
    let first = gateways.first().context("no gateway")?;
    let call = Call::new("create-module", &address, Method::POST, making).json(&body);
    stage.client.at(first).until_known(&call, |status| status == 422).await;
    let begun = Instant::now();
    let mut seen = true;
    for gateway in &gateways {
        let call = Call::new("versions", &address, Method::GET, path.clone());
        while stage.client.at(gateway).once(&call).await.status != 200 && seen {
            seen = begun.elapsed() < limit * 3;
            sleep(Duration::from_millis(5)).await;
        }
    }
    let took = seen.then(|| begun.elapsed());
    judge("a new module was seen", took, limit, limit == WITH_NOTICE, report);
    Ok(())
}

fn judge(what: &str, took: Option<Duration>, limit: Duration, announced: bool, report: &mut Report) {
    let with = if announced { "with notices" } else { "without RabbitMQ" };
    let shown = took.map_or_else(|| "too late".to_owned(), |took| format!("after {:.2} s", took.as_secs_f64()));
    let text = format!("{what} everywhere {with} {shown}");
    if took.is_none_or(|took| took > limit) {
        report.findings.other.push(format!("{text}, later than {} s", limit.as_secs()));
    }
    report.notes.push(text);
}
