//! Requests to one Git server, under one deadline. No redirects, no proxies, no second look-up of the name.

use std::future::Future;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::Error;
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use tokio::runtime::{Builder, Runtime};

use crate::address::Address;
use crate::failure;
use crate::remote::Remote;
use crate::settings::{FetchLimits, Settings};

/// Some hosts speak the smart protocol only to what looks like Git.
const USER_AGENT: &str = "git/2.0 (quarry)";

/// Everything one call of the public interface asks of its server.
pub(crate) struct Session {
    runtime: Runtime,
    client: Client,
    credentials: Option<(String, String)>,
    pub(crate) address: Address,
    pub(crate) limits: FetchLimits,
    pub(crate) deadline: Instant,
}

impl Session {
    /// Resolves the name, checks the addresses, and fixes them for all requests that follow.
    pub(crate) fn start(remote: &Remote, settings: &Settings) -> Result<Self, Error> {
        let address = Address::parse(&remote.url)?;
        let limits = settings.limits.clone();
        let deadline = Instant::now() + limits.total();
        let setup = |error: domain::Source| Error::internal("setting up the Git transport", error);

        let found = resolve(&address, settings)?;
        let builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .user_agent(USER_AGENT)
            .connect_timeout(limits.connect())
            .resolve_to_addrs(address.host(), &found);
        let builder =
            if address.is_encrypted() { builder } else { builder.tls_backend_preconfigured(without_certificates()?) };
        let client = builder.build().map_err(|error| match address.is_encrypted() {
            true => failure::no_authorities(&address),
            false => setup(error.into()),
        })?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| setup(error.into()))?;
        let credentials = remote.credentials().map(|(username, password)| (username.to_owned(), password.to_owned()));
        Ok(Self { runtime, client, credentials, address, limits, deadline })
    }

    /// The list of refs, not yet read.
    pub(crate) fn advertisement(&self) -> Result<Body<'_>, Error> {
        let url = self.address.below("info/refs", Some("service=git-upload-pack"));
        let mut response = self.send(self.client.get(url).header(ACCEPT, "*/*"))?;
        if content_type(&response) != "application/x-git-upload-pack-advertisement" {
            let beginning = self.within_limits(response.chunk())?.unwrap_or_default();
            return Err(if looks_dumb(&beginning) {
                failure::dumb(&self.address)
            } else {
                failure::not_git(&self.address)
            });
        }
        Ok(Body { session: self, response, what: "the list of refs", taken: 0, limit: self.limits.advertisement_bytes })
    }

    /// The answer to a negotiation, not yet read.
    pub(crate) fn upload_pack(&self, request: Vec<u8>) -> Result<Body<'_>, Error> {
        let post = self.client.post(self.address.below("git-upload-pack", None));
        let post = post.header(CONTENT_TYPE, "application/x-git-upload-pack-request").body(request);
        let response = self.send(post.header(ACCEPT, "application/x-git-upload-pack-result"))?;
        if content_type(&response) != "application/x-git-upload-pack-result" {
            return Err(failure::not_git(&self.address));
        }
        Ok(Body { session: self, response, what: "the pack", taken: 0, limit: self.limits.total_bytes })
    }

    fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let request = match &self.credentials {
            Some((username, password)) => request.basic_auth(username, Some(password)),
            None => request,
        };
        let response = self.within_limits(request.send())?;
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        Err(failure::for_status(&self.address, self.credentials.is_some(), response.status(), location))
    }

    /// Waits, but no longer than a server may be idle and never past the deadline.
    fn within_limits<T>(&self, answer: impl Future<Output = Result<T, reqwest::Error>>) -> Result<T, Error> {
        let left = self.time_left()?;
        let idle = self.limits.idle();
        match self.runtime.block_on(async { tokio::time::timeout(left.min(idle), answer).await }) {
            Ok(answer) => answer.map_err(|error| failure::for_request(&self.address, &error)),
            Err(_) if left <= idle => Err(self.too_long()),
            Err(_) => Err(failure::too_slow(&self.address, "sent nothing", self.limits.idle_seconds)),
        }
    }

    fn time_left(&self) -> Result<Duration, Error> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(self.too_long()) } else { Ok(left) }
    }

    pub(crate) fn too_long(&self) -> Error {
        failure::too_slow(&self.address, "did not finish", self.limits.total_seconds)
    }
}

/// The body of an answer, counted.
pub(crate) struct Body<'a> {
    session: &'a Session,
    response: Response,
    what: &'static str,
    taken: u64,
    limit: u64,
}

impl Body<'_> {
    /// The next bytes, or nothing at the end.
    pub(crate) fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let chunk = self.session.within_limits(self.response.chunk())?;
        self.taken += chunk.as_ref().map_or(0, |bytes| bytes.len() as u64);
        if self.taken > self.limit {
            return Err(failure::too_large(&self.session.address, self.what, self.limit));
        }
        Ok(chunk)
    }

    pub(crate) fn address(&self) -> &Address {
        &self.session.address
    }
}

/// A look-up has no time-out of its own, so it is left behind in its thread when it takes too long.
fn resolve(address: &Address, settings: &Settings) -> Result<Vec<std::net::SocketAddr>, Error> {
    let (sender, receiver) = mpsc::channel();
    let (policy, host, port) = (settings.policy.clone(), address.host().to_owned(), address.port());
    std::thread::spawn(move || sender.send(policy.resolve(&host, port)));
    receiver
        .recv_timeout(settings.limits.connect())
        .map_err(|_| failure::too_slow(address, "was not resolved", settings.limits.connect_seconds))?
}

/// For plain http. Without it a machine that has no certificates installed could not even call its neighbour.
fn without_certificates() -> Result<rustls::ClientConfig, Error> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|error| Error::internal("setting up the Git transport", error))?;
    Ok(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}

fn content_type(response: &Response) -> &str {
    let value = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// A plain `info/refs` file: forty hexadecimal digits, a tab, a name.
fn looks_dumb(beginning: &[u8]) -> bool {
    matches!(beginning.split_at_checked(40), Some((id, [b'\t', ..])) if id.iter().all(u8::is_ascii_hexdigit))
}
