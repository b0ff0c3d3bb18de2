//! Git's smart http. No redirects, no proxies.

use std::net::SocketAddr;

use domain::Error;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Certificate, Client, RequestBuilder, Response, StatusCode};

use crate::address::Address;
use crate::failure;
use crate::remote::Remote;
use crate::settings::Settings;

/// Some hosts speak the smart protocol only to what looks like Git.
const USER_AGENT: &str = "git/2.0 (quarry)";

/// Requests to one server, at addresses that were checked.
pub(crate) struct Http {
    client: Client,
    credentials: Option<(String, String)>,
}

impl Http {
    pub(crate) fn new(
        remote: &Remote,
        address: &Address,
        found: &[SocketAddr],
        settings: &Settings,
    ) -> Result<Self, Error> {
        let setup = |error: domain::Source| Error::internal("setting up the Git transport", error);
        let builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .user_agent(USER_AGENT)
            .connect_timeout(settings.limits.connect())
            .resolve_to_addrs(address.host(), found);
        let builder = if address.is_encrypted() {
            let trusted = Certificate::from_pem_bundle(settings.trust.authorities.as_bytes());
            builder.tls_certs_merge(trusted.map_err(|error| setup(error.into()))?)
        } else {
            builder.tls_backend_preconfigured(without_certificates()?)
        };
        let client = builder.build().map_err(|error| match address.is_encrypted() {
            true => failure::no_authorities(address),
            false => setup(error.into()),
        })?;
        let credentials = remote.credentials().map(|(username, password)| (username.to_owned(), password.to_owned()));
        Ok(Self { client, credentials })
    }

    /// The list of refs, not yet read.
    pub(crate) async fn advertisement(&self, address: &Address) -> Result<Response, Error> {
        let url = address.below("info/refs", Some("service=git-upload-pack"));
        let mut response = self.send(address, self.client.get(url).header(ACCEPT, "*/*")).await?;
        if content_type(&response) == "application/x-git-upload-pack-advertisement" {
            return Ok(response);
        }
        let beginning = response.chunk().await.map_err(|error| failure::for_request(address, &error))?;
        let beginning = beginning.unwrap_or_default();
        Err(if looks_dumb(&beginning) { failure::dumb(address) } else { failure::not_git(address) })
    }

    /// The answer to a negotiation, not yet read.
    pub(crate) async fn upload_pack(&self, address: &Address, request: Vec<u8>) -> Result<Response, Error> {
        let post = self.client.post(address.below("git-upload-pack", None));
        let post = post.header(CONTENT_TYPE, "application/x-git-upload-pack-request").body(request);
        let response = self.send(address, post.header(ACCEPT, "application/x-git-upload-pack-result")).await?;
        if content_type(&response) == "application/x-git-upload-pack-result" {
            Ok(response)
        } else {
            Err(failure::not_git(address))
        }
    }

    async fn send(&self, address: &Address, request: RequestBuilder) -> Result<Response, Error> {
        let request = match &self.credentials {
            Some((username, password)) => request.basic_auth(username, Some(password)),
            None => request,
        };
        let response = request.send().await.map_err(|error| failure::for_request(address, &error))?;
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        Err(failure::for_status(address, self.credentials.is_some(), response.status(), response.headers()))
    }
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
