//! A conversation with one Git server, under one deadline, over http or SSH. No second look-up of its name.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use domain::Error;
use reqwest::Response;
use tokio::runtime::{Builder, Runtime};

use crate::address::Address;
use crate::failure;
use crate::http::Http;
use crate::remote::Remote;
use crate::settings::{FetchLimits, Settings};
use crate::ssh::Ssh;

/// Everything one call of the public interface asks of its server.
pub(crate) struct Session {
    transport: Transport,
    pub(crate) address: Address,
    pub(crate) limits: FetchLimits,
    pub(crate) deadline: Instant,
    // Last, so that what runs on it is dropped before.
    runtime: Runtime,
}

enum Transport {
    Http(Http),
    Ssh(Box<Ssh>),
}

impl Session {
    /// Resolves the name, checks the addresses, and fixes them for all requests that follow.
    pub(crate) fn start(remote: &Remote, settings: &Settings) -> Result<Self, Error> {
        let address = Address::parse(&remote.url)?;
        let limits = settings.limits.clone();
        let deadline = Instant::now() + limits.total();
        let found = resolve(&address, settings)?;
        let transport = if address.is_ssh() {
            Transport::Ssh(Box::new(Ssh::new(remote, &address, found, settings)?))
        } else {
            Transport::Http(Http::new(remote, &address, &found, settings)?)
        };
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::internal("setting up the Git transport", error))?;
        Ok(Self { transport, address, limits, deadline, runtime })
    }

    /// Whether the list of refs begins with the name of the service, as it does over http alone.
    pub(crate) fn names_service(&self) -> bool {
        matches!(self.transport, Transport::Http(_))
    }

    /// The list of refs, not yet read.
    pub(crate) fn advertisement(&self) -> Result<Body<'_>, Error> {
        let source = match &self.transport {
            Transport::Http(http) => Source::Http(self.within_limits(http.advertisement(&self.address))?),
            Transport::Ssh(ssh) => {
                self.within_limits(ssh.start(&self.address))?;
                Source::Ssh(ssh)
            }
        };
        Ok(Body { session: self, source, what: "the list of refs", taken: 0, limit: self.limits.advertisement_bytes })
    }

    /// The answer to a negotiation, not yet read.
    pub(crate) fn upload_pack(&self, request: Vec<u8>) -> Result<Body<'_>, Error> {
        let source = match &self.transport {
            Transport::Http(http) => Source::Http(self.within_limits(http.upload_pack(&self.address, request))?),
            Transport::Ssh(ssh) => {
                self.within_limits(ssh.send(&self.address, request))?;
                Source::Ssh(ssh)
            }
        };
        Ok(Body { session: self, source, what: "the pack", taken: 0, limit: self.limits.total_bytes })
    }

    /// Tells the server that nothing is wanted. What becomes of that is of no interest.
    pub(crate) fn leave(self) {
        if let Transport::Ssh(ssh) = &self.transport {
            let _ = self.within_limits(ssh.leave(&self.address));
        }
    }

    /// Waits, but no longer than a server may be idle and never past the deadline.
    fn within_limits<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let left = self.time_left()?;
        let idle = self.limits.idle();
        match self.runtime.block_on(async { tokio::time::timeout(left.min(idle), answer).await }) {
            Ok(answer) => answer,
            Err(_) if left <= idle => Err(self.too_long()),
            Err(_) => Err(failure::too_slow(&self.address, "sent nothing", self.limits.idle_seconds)),
        }
    }

    fn time_left(&self) -> Result<Duration, Error> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(self.too_long()) } else { Ok(left) }
    }

    fn too_long(&self) -> Error {
        failure::too_slow(&self.address, "did not finish", self.limits.total_seconds)
    }
}

/// The body of an answer, counted.
pub(crate) struct Body<'a> {
    session: &'a Session,
    source: Source<'a>,
    what: &'static str,
    taken: u64,
    limit: u64,
}

enum Source<'a> {
    Http(Response),
    Ssh(&'a Ssh),
}

impl Body<'_> {
    /// The next bytes, or nothing at the end.
    pub(crate) fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let Session { address, .. } = self.session;
        let chunk = match &mut self.source {
            Source::Http(response) => self
                .session
                .within_limits(async { response.chunk().await.map_err(|error| failure::for_request(address, &error)) }),
            Source::Ssh(ssh) => self.session.within_limits(ssh.chunk(address)),
        }?;
        self.taken += chunk.as_ref().map_or(0, |bytes| bytes.len() as u64);
        if self.taken > self.limit {
            return Err(failure::too_large(address, self.what, self.limit));
        }
        Ok(chunk)
    }

    pub(crate) fn address(&self) -> &Address {
        &self.session.address
    }
}

/// A look-up has no time-out of its own, so it is left behind in its thread when it takes too long.
fn resolve(address: &Address, settings: &Settings) -> Result<Vec<SocketAddr>, Error> {
    let (sender, receiver) = mpsc::channel();
    let (policy, host, port) = (settings.policy.clone(), address.host().to_owned(), address.port());
    std::thread::spawn(move || sender.send(policy.resolve(&host, port)));
    receiver
        .recv_timeout(settings.limits.connect())
        .map_err(|_| failure::too_slow(address, "was not resolved", settings.limits.connect_seconds))?
}
