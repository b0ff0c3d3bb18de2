//! What a registry makes of the sample when nobody disturbs it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::Value;

use super::super::client::{Call, Client};
use super::super::plan::Plan;
use super::super::random::Random;
use super::super::stage::{Setting, Stage};
use super::super::{Mode, Scale};

/// Digest of the archive, and documentation, of every version.
pub(crate) struct Control(BTreeMap<String, (String, Value)>);

impl Control {
    /// From an embedded registry of its own in `folder`.
    pub(crate) async fn make(folder: &Path, scale: Scale) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let setting = Setting { mode: Mode::Embedded, scale, folder, engines: None, random: Random::new(0) };
        let mut stage = Stage::open(setting, &Plan::default()).await?;
        let published = stage.publish_copy().await?;
        let settled = stage.settle(Instant::now(), Duration::from_secs(120)).await?;
        ensure!(settled.is_some(), "even undisturbed, the versions of the sample do not become ok");
        let mut versions = BTreeMap::new();
        for version in &published.versions {
            let read = read(&stage.client, &published.address, version).await;
            versions.insert(version.clone(), read.context("a version of the sample cannot be read")?);
        }
        Ok(Self(versions))
    }

    pub(super) fn of(&self, version: &str) -> Option<&(String, Value)> {
        self.0.get(version)
    }
}

/// Digest and documentation, without the name of the module.
pub(super) async fn read(client: &Client, address: &str, version: &str) -> Option<(String, Value)> {
    let archive = client.install(address, version).await?;
    let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&archive));
    let path = format!("/api/registry/v1/modules/{address}/{version}");
    let reply = client.once(&Call::new("detail", &format!("{address} {version}"), Method::GET, path)).await;
    let mut detail = reply.json();
    let mut docs = serde_json::Map::new();
    for part in ["root", "submodules", "examples"] {
        let mut part_docs = detail.get_mut(part)?.take();
        if let Some(named) = part_docs.as_object_mut() {
            named.remove("name");
        }
        docs.insert(part.to_owned(), part_docs);
    }
    Some((digest, Value::Object(docs)))
}
