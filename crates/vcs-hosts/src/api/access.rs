//! As whom which host is called.

use std::fmt;

use domain::Error;

use crate::{BaseUrl, Credentials, HostKind};

/// A connection, as far as calls need it. Prints without the token.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// What the host is.
    pub kind: HostKind,
    /// Where its repositories are.
    pub http_url: &'a BaseUrl,
    /// Where its API is: may be `http_url`, from which the usual place follows, and may lack its usual end.
    pub api_url: &'a BaseUrl,
    /// The user name or e-mail address, or the id or client id of a GitHub App; empty counts as absent.
    pub key: Option<&'a str>,
    /// The token or password, or the private key of a GitHub App; empty counts as absent.
    pub token: Option<&'a str>,
}

impl fmt::Debug for Access<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("kind", &self.kind)
            .field("http_url", &self.http_url.as_str())
            .field("api_url", &self.api_url.as_str())
            .field("key", &self.key)
            .field("token", &self.token.map(|_| "***"))
            .finish()
    }
}

impl Access<'_> {
    /// For HTTP. What is kept for SSH is a private key, which goes to no API.
    pub(super) fn credentials(&self) -> Result<Option<Credentials>, Error> {
        if self.http_url.is_ssh() { Ok(None) } else { Credentials::new(self.kind, self.key, self.token) }
    }

    pub(super) fn key(&self) -> Option<&str> {
        self.key.filter(|key| !key.is_empty())
    }

    /// The address of an API, which ends in one of `ends`; the first is put there if there is none.
    pub(super) fn api_ending_in(&self, ends: &[&str]) -> String {
        let given = self.api_url.as_str();
        let end = if ends.iter().any(|end| given.ends_with(end)) { None } else { ends.first() };
        format!("{given}{}", end.unwrap_or(&""))
    }
}
