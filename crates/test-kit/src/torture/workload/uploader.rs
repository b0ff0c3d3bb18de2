//! A client that makes modules, uploads versions, sends the same bytes again, deletes and brings back. It keeps at each
//! thing until it knows the outcome, so that at the end its history says what must be there.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::super::client::{Call, Client};
use super::super::random::Random;
use super::super::stage::ORGANIZATION;
use super::catalog::Catalog;

const PACE: Duration = Duration::from_millis(60);
const PATIENCE: Duration = Duration::from_secs(3);
const MOST_VERSIONS: usize = 6;

pub(super) struct Uploader {
    number: usize,
    client: Client,
    catalog: Arc<Catalog>,
}

impl Uploader {
    pub(super) fn new(number: usize, client: Client, catalog: Arc<Catalog>) -> Self {
        Self { number, client, catalog }
    }

    pub(super) async fn run(self, mut random: Random, ends: Arc<AtomicBool>) {
        let mut round = 0;
        while !ends.load(Ordering::Acquire) {
            let address = format!("{ORGANIZATION}/up-{}-{round}/test", self.number);
            self.live(&address, &mut random, &ends).await;
            round += 1;
        }
    }

    /// The life of one module.
    async fn live(&self, address: &str, random: &mut Random, ends: &AtomicBool) {
        self.make_module(address).await;
        self.catalog.add(address, None);
        let mut versions = Vec::new();
        for number in 0..MOST_VERSIONS {
            if ends.load(Ordering::Acquire) {
                return;
            }
            let version = format!("1.{number}.0");
            self.publish(address, &version).await;
            if random.chance(80) {
                self.wait_a_while(address, &version).await;
            }
            versions.push(version);
            if random.chance(25) && versions.len() > 1 {
                self.delete_and_maybe_restore(address, &mut versions, random).await;
            }
            sleep(PACE).await;
        }
        if random.chance(30) {
            self.catalog.remove(address);
            self.delete_module(address).await;
        }
    }

    async fn make_module(&self, address: &str) {
        let name = address.split('/').nth(1).unwrap_or_default();
        let attributes = json!({"name": name, "provider": "test", "registry-name": "private"});
        let body = json!({"data": {"type": "registry-modules", "attributes": attributes}});
        let path = format!("/api/v2/organizations/{ORGANIZATION}/registry-modules");
        let call = Call::new("create-module", address, Method::POST, path).json(&body);
        self.client.until_known(&call, |status| status == 422).await;
    }

    /// A version and its bytes; the same bytes twice, now and then by the way of doubt.
    async fn publish(&self, address: &str, version: &str) {
        let target = format!("{address} {version}");
        let path = format!("{}/versions", module_path(address));
        let body = json!({"data": {"type": "registry-module-versions", "attributes": {"version": version}}});
        let call = Call::new("create-version", &target, Method::POST, path).json(&body);
        let reply = self.client.until_known(&call, |status| status == 422).await;
        let link = match link_of(&reply.json()) {
            Some(link) => link,
            None => match self.read_link(address, version).await {
                Some(link) => link,
                None => return,
            },
        };
        let call = Call::new("upload", &target, Method::PUT, link).bytes(archive(address, version));
        self.client.until_known(&call, |_| false).await;
    }

    /// As people do, who look whether it worked before they go on: so what waits while workers are away does not grow
    /// without bound. The others catch a version in the middle of its work.
    async fn wait_a_while(&self, address: &str, version: &str) {
        let path = format!("{}/version?module_version={version}", module_path(address));
        let call = Call::new("read-version", &format!("{address} {version}"), Method::GET, path);
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let answer = self.client.until_known(&call, |_| false).await.json();
            let status = answer.pointer("/data/attributes/status").and_then(Value::as_str);
            if status.is_none_or(|status| status == "ok" || status.ends_with("failed")) {
                return;
            }
            sleep(PACE).await;
        }
    }

    async fn read_link(&self, address: &str, version: &str) -> Option<String> {
        let path = format!("{}/version?module_version={version}", module_path(address));
        let call = Call::new("read-version", &format!("{address} {version}"), Method::GET, path);
        link_of(&self.client.until_known(&call, |_| false).await.json())
    }

    async fn delete_and_maybe_restore(&self, address: &str, versions: &mut Vec<String>, random: &mut Random) {
        let Some(version) = random.pick(versions).cloned() else { return };
        let path = format!("{}/{version}", module_path(address));
        let call = Call::new("delete-version", &format!("{address} {version}"), Method::DELETE, path);
        self.client.until_known(&call, |status| status == 404).await;
        if random.chance(50) {
            // With the same content, which is all that a tombstone lets in.
            self.publish(address, &version).await;
        } else {
            versions.retain(|known| *known != version);
        }
    }

    async fn delete_module(&self, address: &str) {
        let call = Call::new("delete-module", address, Method::DELETE, module_path(address));
        self.client.until_known(&call, |status| status == 404).await;
    }
}

fn module_path(address: &str) -> String {
    format!("/api/v2/organizations/{ORGANIZATION}/registry-modules/private/{address}")
}

fn link_of(answer: &Value) -> Option<String> {
    answer.pointer("/data/links/upload").and_then(Value::as_str).map(str::to_owned)
}

/// `main.tf` of an uploaded version: its own, so that bytes that went astray are seen.
pub(crate) fn content(address: &str, version: &str) -> String {
    format!("variable \"of_{}\" {{\n  default = \"{address} {version}\"\n}}\n", version.replace('.', "_"))
}

/// What is uploaded for a version, always the same bytes.
pub(crate) fn archive(address: &str, version: &str) -> Vec<u8> {
    pack(&content(address, version)).unwrap_or_default()
}

fn pack(main: &str) -> std::io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_ustar();
    header.set_size(main.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, "main.tf", main.as_bytes())?;
    let mut gzip = tar.into_inner()?;
    gzip.flush()?;
    gzip.finish()
}
