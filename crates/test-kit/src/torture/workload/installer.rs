//! A client that installs versions, one after the other, and now and then has a repository looked at again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::Value;
use tokio::time::sleep;

use super::super::client::{Call, Client};
use super::super::random::Random;
use super::catalog::Catalog;

const PACE: Duration = Duration::from_millis(20);

pub(super) struct Installer {
    client: Client,
    catalog: Arc<Catalog>,
}

impl Installer {
    pub(super) fn new(client: Client, catalog: Arc<Catalog>) -> Self {
        Self { client, catalog }
    }

    pub(super) async fn run(self, mut random: Random, ends: Arc<AtomicBool>) {
        while !ends.load(Ordering::Acquire) {
            if let Some((address, id)) = self.catalog.pick(&mut random) {
                self.install(&address, &mut random).await;
                if let Some(id) = id.filter(|_| random.chance(5)) {
                    self.look_again(&address, &id).await;
                }
            }
            sleep(PACE).await;
        }
    }

    /// Remembered with the time before which it cannot have been done.
    async fn look_again(&self, address: &str, id: &str) {
        let path = format!("/api/v2/registry-modules/{id}/actions/resync");
        let mut call = Call::new("resync", address, Method::POST, path);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        call.note = now.as_millis().to_string();
        self.client.once(&call).await;
    }

    /// Whatever fails is remembered, and tried no second time: others come.
    async fn install(&self, address: &str, random: &mut Random) {
        let path = format!("/api/registry/v1/modules/{address}/versions");
        let reply = self.client.once(&Call::new("versions", address, Method::GET, path)).await;
        let answer = reply.json();
        let versions = answer.pointer("/modules/0/versions").and_then(Value::as_array).cloned().unwrap_or_default();
        let Some(version) = random.pick(&versions).and_then(|it| it["version"].as_str()) else { return };
        self.client.install(address, version).await;
    }
}

impl Client {
    /// Location and archive of a version. The archive's digest is in the history as that of a `fetch`; what does not
    /// have the digest that the location promised, as that of a `fetch-broken`.
    pub(crate) async fn install(&self, address: &str, version: &str) -> Option<Vec<u8>> {
        let target = format!("{address} {version}");
        let path = format!("/api/registry/v1/modules/{address}/{version}/download");
        let reply = self.once(&Call::new("download", &target, Method::GET, path)).await;
        if !reply.is_success() {
            return None;
        }
        self.fetch(&target, &reply.location).await
    }

    /// The archive behind a location.
    pub(crate) async fn fetch(&self, target: &str, location: &str) -> Option<Vec<u8>> {
        let archive = crate::archive_address(location);
        let promised = location.split_once("checksum=sha256:").map_or("", |(_, rest)| rest);
        let promised = promised.split('&').next().unwrap_or_default();
        let reply = self.once(&Call::new("fetch", target, Method::GET, archive)).await;
        if !reply.is_success() {
            return None;
        }
        self.compare(target, promised, &reply.body);
        Some(reply.body)
    }
}
