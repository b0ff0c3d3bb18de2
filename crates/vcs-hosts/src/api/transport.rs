//! Requests to hosts: to allowed addresses only, without proxies, and with redirects that stay on the same server.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::Error;
use outbound::AddressPolicy;
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Request, Response, StatusCode};
use url::{Host, Url};

use super::failure;
use super::resolver::CheckedNames;

const CONNECT_TIME: Duration = Duration::from_secs(3);
/// Long enough for the calls of one verb.
const IDLE_TIME: Duration = Duration::from_secs(5);
/// GitHub refuses to talk to nobody.
const USER_AGENT: &str = concat!("quarry/", env!("CARGO_PKG_VERSION"));
const MOST_REDIRECTS: usize = 3;

pub(super) struct Transport {
    policy: AddressPolicy,
    plain: Client,
    /// `None` on a machine without certificate authorities, which could not tell one host from another.
    encrypted: Option<Client>,
}

impl Transport {
    pub(super) fn new(policy: AddressPolicy, authorities: &[u8]) -> Result<Self, Error> {
        // A provider that is already there serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let further = parse_authorities(authorities)?;
        let has_further = !further.is_empty();
        let plain = builder(&policy).tls_backend_preconfigured(without_certificates()?).build();
        let encrypted = match builder(&policy).tls_certs_merge(further).build() {
            Ok(client) => Some(client),
            Err(_) if has_further => return Err(unreadable_authorities()),
            Err(_) => None,
        };
        Ok(Self { policy, plain: plain.map_err(setup)?, encrypted })
    }

    /// Whatever the host answers in the end, not yet read.
    pub(super) async fn send(&self, mut request: Request) -> Result<Response, Error> {
        for _ in 0..=MOST_REDIRECTS {
            let url = request.url().clone();
            let again = request.try_clone();
            let response = self.send_once(request).await?;
            let Some(target) = redirected(&url, &response)? else { return Ok(response) };
            // All our bodies can be sent again.
            let Some(mut next) = again else { return Ok(response) };
            *next.url_mut() = target;
            request = next;
        }
        Err(failure::refused(format!("{} redirects more than {MOST_REDIRECTS} times", host_of(request.url()))))
    }

    async fn send_once(&self, request: Request) -> Result<Response, Error> {
        let url = request.url().clone();
        self.check_address(&url)?;
        let client = match url.scheme() {
            "https" => self.encrypted.as_ref().ok_or_else(|| failure::no_authorities(&host_of(&url)))?,
            _ => &self.plain,
        };
        client.execute(request).await.map_err(|error| failure::for_request(&host_of(&url), &error))
    }

    /// An address in the place of a name is never resolved.
    fn check_address(&self, url: &Url) -> Result<(), Error> {
        match url.host() {
            Some(Host::Ipv4(address)) => self.policy.check(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => self.policy.check(IpAddr::V6(address)),
            Some(Host::Domain(_)) | None => Ok(()),
        }
    }
}

/// The host, and the port if it is not the usual one, for people.
pub(super) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Where the same request has to be sent again. Only the server itself may get the credentials.
fn redirected(url: &Url, response: &Response) -> Result<Option<Url>, Error> {
    let repeats = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    let location = response.headers().get(LOCATION).filter(|_| repeats.contains(&response.status()));
    let Some(location) = location else { return Ok(None) };
    let target = location.to_str().ok().and_then(|location| url.join(location).ok());
    match target {
        Some(target)
            if target.origin() == url.origin() && target.username().is_empty() && target.password().is_none() =>
        {
            Ok(Some(target))
        }
        elsewhere => Err(failure::redirects_elsewhere(&host_of(url), elsewhere.as_ref())),
    }
}

fn builder(policy: &AddressPolicy) -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .user_agent(USER_AGENT)
        .connect_timeout(CONNECT_TIME)
        .pool_idle_timeout(IDLE_TIME)
        .dns_resolver(Arc::new(CheckedNames::new(policy.clone())))
}

fn parse_authorities(pem: &[u8]) -> Result<Vec<Certificate>, Error> {
    if pem.is_empty() {
        return Ok(Vec::new());
    }
    let certificates = Certificate::from_pem_bundle(pem).ok().filter(|certificates| !certificates.is_empty());
    certificates.ok_or_else(unreadable_authorities)
}

fn unreadable_authorities() -> Error {
    Error::invalid("the list of certificate authorities", "must consist of certificates in PEM form")
}

/// For plain http. Without it a machine that has no certificates installed could not even call its neighbour.
fn without_certificates() -> Result<rustls::ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(setup)?;
    Ok(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}

fn setup(error: impl Into<domain::Source>) -> Error {
    Error::internal("setting up requests to Git hosts", error)
}
