//! A thousand deliveries for two hundred repositories within ten seconds.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::time::sleep;

use super::{World, many_names, post, publish_all, text};
use crate::{
    ROUNDS,
    load::Target,
    paced_load::{Pace, p50_millis, p99_millis},
    table::{Goal, Row, Samples},
};

const REPOSITORIES: usize = 200;
const DELIVERIES: usize = 1_000;
const PACE: Pace = Pace { rate: 100, connections: 16 };
/// Longer than looks at one repository are apart.
const QUIET: Duration = Duration::from_secs(13);

/// An address and the secret that it believes.
pub(super) struct Hook {
    path: String,
    secret: String,
}

impl Hook {
    /// Of the repository of a module.
    pub(super) async fn make(world: &World, module: &str) -> Result<Self> {
        let made = post(&world.api, &format!("/api/v2/registry-modules/{module}/actions/new-webhook-secret")).await?;
        let url = text(&made, "webhook-url")?;
        let path = url.strip_prefix(world.server.url()).context("an address of another server")?.to_owned();
        Ok(Self { path, secret: text(&made, "secret")? })
    }

    /// As a hook of a plain Git server makes it.
    pub(super) fn delivery(&self, url: &str, name: &str) -> Result<Target> {
        let body = format!("{{\"delivery\":\"{name}\"}}");
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes())?;
        mac.update(body.as_bytes());
        let signature = hex::encode(mac.finalize().into_bytes());
        let host = url.strip_prefix("http://").context("not http")?;
        let request = format!(
            "POST {} HTTP/1.1\r\nHost: {host}\r\nX-Quarry-Signature-256: sha256={signature}\r\n\
             X-Quarry-Delivery: {name}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.path,
            body.len(),
        );
        Ok(Target { address: host.parse()?, request: request.into_bytes() })
    }
}

pub(super) async fn measure(folder: &Path) -> Result<Vec<Row>> {
    let names = many_names(folder, REPOSITORIES)?;
    let world = World::start(folder, &[])?;
    let mut hooks = Vec::new();
    for module in publish_all(&world, &names).await? {
        hooks.push(Hook::make(&world, &module).await?);
    }
    let (mut p50, mut p99, mut most) = (Samples::default(), Samples::default(), Samples::default());
    for round in 0..ROUNDS {
        let targets: Result<Vec<Target>> = (0..DELIVERIES)
            .map(|number| hooks[number % REPOSITORIES].delivery(world.server.url(), &format!("{round}-{number}")))
            .collect();
        let before = world.git.requests().len();
        let times = PACE.run(&targets?)?;
        p50.push(p50_millis(times.clone()));
        p99.push(p99_millis(times));
        // The last looks, and a while without any before the next round.
        sleep(QUIET).await;
        let mut looks = BTreeMap::<String, u32>::new();
        world.looks(before).into_iter().for_each(|repository| *looks.entry(repository).or_default() += 1);
        most.push(looks.values().copied().max().map_or(f64::NAN, f64::from));
    }
    Ok(vec![
        Row::alone("1,000 deliveries for 200 repositories in 10 s, p50, ms", p50, Goal::None),
        Row::alone("1,000 deliveries for 200 repositories in 10 s, p99, ms", p99, Goal::AtMost(250.0)),
        Row::alone("  looks at one repository that they cause, most", most, Goal::AtMost(2.0)),
    ])
}
