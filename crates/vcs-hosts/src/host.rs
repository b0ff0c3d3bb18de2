//! A host as a connection names it.

use domain::Error;

use crate::{BaseUrl, HostKind, api::Access};

/// Kind and addresses of a host.
#[derive(Debug, Clone)]
pub struct Host {
    kind: HostKind,
    http_url: BaseUrl,
    api_url: BaseUrl,
}

impl Host {
    /// Reads what a connection keeps. An empty `api_url` is the same as `http_url`.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the part that cannot be read.
    pub fn parse(kind: &str, http_url: &str, api_url: &str) -> Result<Self, Error> {
        let http_url: BaseUrl = http_url.parse()?;
        let api_url = if api_url.is_empty() { http_url.clone() } else { api_url.parse()? };
        let kind: HostKind = kind.parse()?;
        if kind != HostKind::Git && (http_url.is_ssh() || api_url.is_ssh()) {
            let reason = "must begin with https:// or http://: only plain Git servers (git) are read over SSH";
            return Err(Error::invalid(if http_url.is_ssh() { "http-url" } else { "api-url" }, reason));
        }
        Ok(Self { kind, http_url, api_url })
    }

    pub fn kind(&self) -> HostKind {
        self.kind
    }

    /// Whether there is anybody to ask.
    pub fn has_api(&self) -> bool {
        self.kind != HostKind::Git
    }

    /// The host as somebody meets it: a connection's `key` (a user name) and token, or those of a GitHub App (its id and
    /// its private key).
    pub fn access<'a>(&'a self, key: Option<&'a str>, token: Option<&'a str>) -> Access<'a> {
        Access { kind: self.kind, http_url: &self.http_url, api_url: &self.api_url, key, token }
    }
}
