//! Every tag has exactly one version in every module of its repository, and that is `ok`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::Api;

use super::super::history::Effect;
use super::super::stage::{Published, Stage};
use super::Findings;

pub(super) async fn check(stage: &Stage, findings: &mut Findings) -> Result<()> {
    for published in &stage.published {
        check_module(stage, published, findings).await?;
    }
    check_looks(stage, findings)?;
    let twice = stage.system.ask(
        "SELECT m.name, v.version, COUNT(*) FROM module_versions v JOIN modules m ON m.id = v.module_id \
         GROUP BY m.name, v.version, v.module_id HAVING COUNT(*) > 1",
    )?;
    findings.duplicated.extend(twice.lines().map(|row| format!("a version has several rows: {row}")));
    let modules = stage
        .system
        .ask("SELECT name, COUNT(*) FROM modules GROUP BY namespace_id, name, provider HAVING COUNT(*) > 1")?;
    findings.duplicated.extend(modules.lines().map(|row| format!("a module has several rows: {row}")));
    Ok(())
}

async fn check_module(stage: &Stage, published: &Published, findings: &mut Findings) -> Result<()> {
    let address = &published.address;
    let module = stage.module_at(address).await?;
    let mut missing: BTreeSet<&str> = published.versions.iter().map(String::as_str).collect();
    let mut seen = BTreeSet::new();
    for status in Api::version_statuses(&module) {
        let (version, state) = status.split_once(' ').unwrap_or((&status, ""));
        if !seen.insert(version.to_owned()) {
            findings.duplicated.push(format!("{address} {version} is shown twice"));
        }
        if !missing.remove(version) {
            findings.other.push(format!("{address} {version} has no tag"));
        }
        if state != "ok" {
            let why = Api::version_error(&module, version);
            findings.lost.push(format!("{address} {version} is {state}: {why}"));
        }
    }
    findings.lost.extend(missing.into_iter().map(|version| format!("{address} {version} has a tag and no version")));
    Ok(())
}

/// What was asked to be looked at was looked at, not before it was asked.
fn check_looks(stage: &Stage, findings: &mut Findings) -> Result<()> {
    let asked: BTreeMap<String, u64> = stage
        .history
        .entries()
        .into_iter()
        .filter(|entry| entry.call == "resync" && entry.effect == Effect::Done)
        .map(|entry| (entry.target, entry.note.parse().unwrap_or(0)))
        .collect();
    let rows = stage.system.ask("SELECT name, synced_at FROM modules WHERE repository_id IS NOT NULL")?;
    let synced: BTreeMap<&str, u64> =
        rows.lines().filter_map(|row| row.split_once('|')).map(|(name, at)| (name, at.parse().unwrap_or(0))).collect();
    for (address, asked) in asked {
        let name = address.split('/').nth(1).unwrap_or_default();
        let last = synced.get(name).copied().unwrap_or(0);
        if last < asked {
            findings.lost.push(format!("{address}: a look at {asked} or later was promised, the last was at {last}"));
        }
    }
    Ok(())
}
