//! Bytes and documentation: the same as ever, and the same as where nobody disturbed.

use std::collections::BTreeMap;

use anyhow::Result;
use tokio::task::JoinSet;

use super::super::stage::Stage;
use super::control::read;
use super::{Control, Findings};

/// So many versions are read at the same time.
const AT_ONCE: usize = 8;

pub(super) async fn check(stage: &Stage, control: &Control, findings: &mut Findings) -> Result<()> {
    compare_with_control(stage, control, findings).await?;
    // Behind the reading, which is part of the history.
    compare_over_time(stage, findings);
    compare_with_database(stage, findings)
}

async fn compare_with_control(stage: &Stage, control: &Control, findings: &mut Findings) -> Result<()> {
    let pairs = |published: &super::super::stage::Published| {
        let address = published.address.clone();
        published.versions.clone().into_iter().map(move |version| (address.clone(), version))
    };
    let mut reading = JoinSet::new();
    for (address, version) in stage.published.iter().flat_map(pairs) {
        let client = stage.client.clone();
        reading.spawn(async move {
            let found = read(&client, &address, &version).await;
            (address, version, found)
        });
        if reading.len() >= AT_ONCE
            && let Some(done) = reading.join_next().await
        {
            compare(control, done?, findings);
        }
    }
    while let Some(done) = reading.join_next().await {
        compare(control, done?, findings);
    }
    Ok(())
}

type Reading = (String, String, Option<(String, serde_json::Value)>);

fn compare(control: &Control, (address, version, found): Reading, findings: &mut Findings) {
    match (found, control.of(&version)) {
        (None, _) => findings.lost.push(format!("{address} {version} cannot be read")),
        (Some(_), None) => findings.other.push(format!("{address} {version} is not in the sample")),
        (Some((digest, docs)), Some((expected, expected_docs))) => {
            if digest != *expected {
                findings.changed.push(format!("{address} {version} is {digest}, undisturbed {expected}"));
            }
            if docs != *expected_docs {
                findings.changed.push(format!("{address} {version} has other documentation than undisturbed"));
            }
        }
    }
}

/// Over the whole history, with all deletions and returns in between.
fn compare_over_time(stage: &Stage, findings: &mut Findings) {
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    for entry in stage.history.entries() {
        if entry.call == "fetch-broken" {
            findings.changed.push(format!("{}: {}", entry.target, entry.note));
        }
        if entry.call != "fetch" || entry.status != 200 {
            continue;
        }
        let known = first.entry(entry.target.clone()).or_insert_with(|| entry.digest.clone());
        if *known != entry.digest {
            findings.changed.push(format!("{} was {known} and came as {}", entry.target, entry.digest));
        }
    }
}

/// What was served is what the database believes in.
fn compare_with_database(stage: &Stage, findings: &mut Findings) -> Result<()> {
    let rows = stage.system.ask(
        "SELECT s.name || '/' || m.name || '/' || m.provider || ' ' || v.version, v.archive_sha256, v.status \
         FROM module_versions v JOIN modules m ON m.id = v.module_id JOIN scopes s ON s.id = m.namespace_id",
    )?;
    let mut recorded = BTreeMap::new();
    for row in rows.lines() {
        let fields: Vec<&str> = row.split('|').collect();
        if let [version, digest, status] = fields[..] {
            if status == "ok" && digest.is_empty() {
                findings.changed.push(format!("{version} is ok without an archive"));
            }
            recorded.insert(version.to_owned(), digest.to_owned());
        }
    }
    for entry in stage.history.entries() {
        let known = recorded.get(&entry.target);
        if entry.call == "fetch" && entry.status == 200 && known.is_some_and(|digest| *digest != entry.digest) {
            findings.changed.push(format!("{} was served as {}, recorded otherwise", entry.target, entry.digest));
        }
    }
    Ok(())
}
