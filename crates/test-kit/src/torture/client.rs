//! A client that remembers every call in the history, and tries again until it knows what happened.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use reqwest::{Method, header::RETRY_AFTER};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::history::{Effect, Entry, History};

/// Nobody waits longer for an answer; a limit on answers is for scenarios to judge.
const PATIENCE: Duration = Duration::from_secs(20);
/// An idle connection is not used again after this time, which is shorter than a server gives before it closes it:
/// otherwise a request could meet the end of its connection on the way.
const IDLE: Duration = Duration::from_millis(500);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(200);
/// After so long without an answer that says anything, a client gives up, and the audit complains.
const LONGEST: Duration = Duration::from_secs(180);

#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
    history: Arc<History>,
}

/// One thing to ask for.
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) target: String,
    pub(crate) method: Method,
    /// Below the registry, with the token; or an absolute address, without it.
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    /// Kept in the history of a success.
    pub(crate) note: String,
}

impl Call {
    pub(crate) fn new(name: &'static str, target: &str, method: Method, path: String) -> Self {
        Self { name, target: target.to_owned(), method, path, body: Vec::new(), note: String::new() }
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.bytes(body.to_string().into_bytes())
    }

    pub(crate) fn bytes(self, body: Vec<u8>) -> Self {
        Self { body, ..self }
    }
}

/// What came back.
pub(crate) struct Reply {
    /// 0: nothing, or not all of it.
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// `X-Terraform-Get`.
    pub(crate) location: String,
    /// An earlier attempt of the same call had no answer that says what happened.
    pub(crate) after_unknown: bool,
    has_retry_after: bool,
    problem: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn is_known(&self) -> bool {
        self.status != 0 && self.status < 500 && self.status != 429
    }

    fn effect(&self) -> Effect {
        match self.status {
            200..300 => Effect::Done,
            _ if self.is_known() => Effect::Refused,
            _ => Effect::Unknown,
        }
    }
}

impl Client {
    pub(crate) fn new(url: &str, token: &str, history: Arc<History>) -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .pool_idle_timeout(IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, url: url.to_owned(), token: token.to_owned(), history })
    }

    /// The same client for another of the registry's addresses.
    pub(crate) fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// One attempt, remembered as it ended.
    pub(crate) async fn once(&self, call: &Call) -> Reply {
        let (at, started) = (self.history.now(), Instant::now());
        let reply = self.send(call).await;
        self.remember(call, &reply, (at, started.elapsed()), reply.effect());
        reply
    }

    /// Again and again until the answer says what happened. `settles` tells which refusal proves, after an attempt
    /// without an answer, that the effect is there.
    pub(crate) async fn until_known(&self, call: &Call, settles: impl Fn(u16) -> bool) -> Reply {
        let (begun, mut after_unknown) = (Instant::now(), false);
        loop {
            let (at, started) = (self.history.now(), Instant::now());
            let mut reply = self.send(call).await;
            reply.after_unknown = after_unknown;
            let proves = after_unknown && settles(reply.status);
            let effect = if proves { Effect::Done } else { reply.effect() };
            self.remember(call, &reply, (at, started.elapsed()), effect);
            if reply.is_known() || begun.elapsed() > LONGEST {
                return reply;
            }
            after_unknown = true;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// An archive that came whole must be the one that its location promised.
    pub(crate) fn compare(&self, target: &str, promised: &str, bytes: &[u8]) {
        let digest = hex::encode(Sha256::digest(bytes));
        if digest == promised {
            return;
        }
        self.history.add(Entry {
            at: self.history.now(),
            took: Duration::ZERO,
            call: "fetch-broken",
            target: target.to_owned(),
            status: 200,
            effect: Effect::Done,
            note: format!("promised {promised}, came {digest}"),
            digest,
            has_retry_after: false,
        });
    }

    fn remember(&self, call: &Call, reply: &Reply, (at, took): (Duration, Duration), effect: Effect) {
        let bytes = if call.body.is_empty() { &reply.body } else { &call.body };
        let note = if reply.is_success() {
            call.note.clone()
        } else if reply.status == 0 {
            reply.problem.clone()
        } else {
            String::from_utf8_lossy(&reply.body).chars().take(200).collect()
        };
        self.history.add(Entry {
            at,
            took,
            call: call.name,
            target: call.target.clone(),
            status: reply.status,
            effect,
            digest: hex::encode(Sha256::digest(bytes)),
            has_retry_after: reply.has_retry_after,
            note,
        });
    }

    async fn send(&self, call: &Call) -> Reply {
        self.try_send(call).await.unwrap_or_else(|problem| Reply {
            status: 0,
            body: Vec::new(),
            location: String::new(),
            after_unknown: false,
            has_retry_after: false,
            // Signed links are secrets while they live.
            problem: format!("{:#}", anyhow::Error::from(problem.without_url())),
        })
    }

    async fn try_send(&self, call: &Call) -> Result<Reply, reqwest::Error> {
        let request = if call.path.starts_with('/') {
            let request = self.http.request(call.method.clone(), format!("{}{}", self.url, call.path));
            request.bearer_auth(&self.token).header("Content-Type", "application/vnd.api+json")
        } else {
            self.http.request(call.method.clone(), &call.path)
        };
        let response = request.body(call.body.clone()).send().await?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (status, location) = (response.status().as_u16(), header("X-Terraform-Get").unwrap_or_default());
        let has_retry_after = response.headers().contains_key(RETRY_AFTER);
        let body = response.bytes().await?.to_vec();
        Ok(Reply { status, body, location, after_unknown: false, has_retry_after, problem: String::new() })
    }
}
