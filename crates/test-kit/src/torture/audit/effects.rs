//! Whatever a client was told was done is there: what it made exists, what it deleted does not, what it uploaded is `ok`
//! and holds what it sent.

use std::collections::BTreeMap;
use std::io::Read as _;

use anyhow::Result;
use flate2::read::MultiGzDecoder;
use reqwest::Method;

use crate::Api;

use super::super::client::Call;
use super::super::history::{Effect, Entry};
use super::super::stage::{ORGANIZATION, Stage};
use super::super::workload::content;
use super::Findings;

/// How far a version got, by what was answered last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Made,
    Uploaded,
    Deleted,
}

/// What must be there: the versions of every module that must exist; `None` where it was deleted.
type Expected = BTreeMap<String, Option<BTreeMap<String, Version>>>;

pub(super) async fn check(stage: &Stage, findings: &mut Findings) -> Result<()> {
    let expected = expect(&stage.history.entries(), findings);
    for (address, versions) in &expected {
        match versions {
            None => check_gone(stage, address, findings).await,
            Some(versions) => check_there(stage, address, versions, findings).await?,
        }
    }
    Ok(())
}

/// Each module belongs to one client, which does one thing after the other: the order of the history is theirs.
fn expect(entries: &[Entry], findings: &mut Findings) -> Expected {
    let mut expected = Expected::new();
    for entry in entries {
        let (address, version) = entry.target.split_once(' ').unwrap_or((&entry.target, ""));
        let is_ours = matches!(
            entry.call,
            "create-module" | "create-version" | "upload" | "delete-version" | "delete-module" | "read-version"
        );
        if !is_ours || entry.effect == Effect::Unknown {
            continue;
        }
        if entry.effect == Effect::Refused {
            // Nothing that these clients ask for may be refused, unless an effect that was told is not there.
            let what = format!("{} of {} answered {}: {}", entry.call, entry.target, entry.status, entry.note);
            findings.lost.push(what);
            continue;
        }
        let versions = expected.entry(address.to_owned()).or_default();
        match entry.call {
            "create-module" => *versions = Some(BTreeMap::new()),
            "delete-module" => *versions = None,
            "read-version" => {}
            call => {
                let reached = match call {
                    "create-version" => Version::Made,
                    "upload" => Version::Uploaded,
                    _ => Version::Deleted,
                };
                versions.get_or_insert_default().insert(version.to_owned(), reached);
            }
        }
    }
    expected
}

async fn check_gone(stage: &Stage, address: &str, findings: &mut Findings) {
    let path = format!("/api/v2/organizations/{ORGANIZATION}/registry-modules/private/{address}");
    let status = stage.client.once(&Call::new("show", address, Method::GET, path)).await.status;
    if status != 404 {
        findings.lost.push(format!("{address} was deleted and is answered with {status}"));
    }
}

async fn check_there(
    stage: &Stage,
    address: &str,
    versions: &BTreeMap<String, Version>,
    findings: &mut Findings,
) -> Result<()> {
    let path = format!("/api/v2/organizations/{ORGANIZATION}/registry-modules/private/{address}");
    let reply = stage.client.once(&Call::new("show", address, Method::GET, path)).await;
    if reply.status != 200 {
        findings.lost.push(format!("{address} was made and is answered with {}", reply.status));
        return Ok(());
    }
    let mut module = reply.json();
    let module = module["data"].take();
    let statuses = Api::version_statuses(&module);
    let mut shown: BTreeMap<&str, &str> = statuses.iter().filter_map(|status| status.split_once(' ')).collect();
    for (version, reached) in versions {
        match (reached, shown.remove(version.as_str())) {
            (Version::Deleted, None) | (Version::Made, Some(_)) => {}
            (Version::Deleted, Some(state)) => {
                findings.lost.push(format!("{address} {version} was deleted and is {state}"));
            }
            (_, None) => findings.lost.push(format!("{address} {version} was made and is not there")),
            (Version::Uploaded, Some("ok")) => check_content(stage, address, version, findings).await,
            (Version::Uploaded, Some(state)) => {
                let why = Api::version_error(&module, version);
                findings.lost.push(format!("{address} {version} was uploaded and is {state}: {why}"));
            }
        }
    }
    findings.other.extend(shown.keys().map(|version| format!("{address} {version} was never made")));
    Ok(())
}

/// The file that was sent is the file that is served and documented.
async fn check_content(stage: &Stage, address: &str, version: &str, findings: &mut Findings) {
    let Some(archive) = stage.client.install(address, version).await else {
        findings.lost.push(format!("{address} {version} is ok and cannot be downloaded"));
        return;
    };
    let mut tar = Vec::new();
    let unpacked = MultiGzDecoder::new(archive.as_slice()).read_to_end(&mut tar);
    let wanted = content(address, version);
    if unpacked.is_err() || !tar.windows(wanted.len()).any(|part| part == wanted.as_bytes()) {
        findings.changed.push(format!("{address} {version} is not what was uploaded"));
    }
    let path = format!("/api/registry/v1/modules/{address}/{version}");
    let detail = stage.client.once(&Call::new("detail", address, Method::GET, path)).await.json();
    let input = format!("of_{}", version.replace('.', "_"));
    if detail["root"]["inputs"][0]["name"].as_str() != Some(input.as_str()) {
        findings.changed.push(format!("{address} {version} is documented as something else"));
    }
}
