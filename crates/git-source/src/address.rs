//! The checked address of a repository. Holds no secret, so it may stand in any message.

use std::fmt;

use domain::Error;
use url::Url;

/// An `http` or `https` address without user, password, query and fragment.
#[derive(Debug, Clone)]
pub(crate) struct Address(Url);

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let shown = without_userinfo(text);
        let invalid = |reason: &str| Error::invalid(format!("the repository address {shown:?}"), reason);

        let mut url = Url::parse(text).map_err(|error| invalid(&format!("cannot be read: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid("must begin with https:// or http://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("must not hold a user name or password; give them as credentials"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("must not hold ? or #"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// A name, or an address; one of version 6 is in brackets.
    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// The address of one of the two services of the smart protocol.
    pub(crate) fn below(&self, path: &str, query: Option<&str>) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/{path}", self.0.path().trim_end_matches('/')));
        url.set_query(query);
        url
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// `text` with what may be a user and password taken out, however broken it is, and short enough for a message.
pub(crate) fn without_userinfo(text: &str) -> String {
    let (scheme, rest) = text.split_once("//").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let separator = if scheme.is_empty() { "" } else { "//" };
    format!("{scheme}{separator}{host}{path}").chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::{Address, without_userinfo};

    #[test]
    fn only_plain_http_addresses_pass() {
        for good in ["https://git.example.com/a/b.git", "http://10.0.0.1:8080/x", "https://[fd12::1]/x/"] {
            assert!(Address::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["/etc", "file:///etc", "ssh://git@host/x", "git@host:x.git", "ext::sh", "https://u@h/x", "https://h/x?y"]
        {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_secret_survives_in_a_message() {
        for text in ["https://user:secret@host/x", "http://secret@host", "user:secret@host/x", "https://h/x?t=secret"] {
            assert!(!without_userinfo(text).contains("secret"), "{text}");
            let error = Address::parse(text).unwrap_err().chain();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
