//! The checked address of a repository. Holds no secret, so it may stand in any message.

use std::fmt;

use domain::Error;
use url::Url;

/// RFC 4253, section 4.
pub(crate) const SSH_PORT: u16 = 22;

/// An `http`, `https` or `ssh` address without user, password, query and fragment.
#[derive(Debug, Clone)]
pub(crate) struct Address(Url);

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let shown = without_userinfo(text);
        let invalid = |reason: &str| Error::invalid(format!("the repository address {shown:?}"), reason);

        let mut url = Url::parse(text).map_err(|error| invalid(&format!("cannot be read: {error}")))?;
        if !matches!(url.scheme(), "http" | "https" | "ssh") || url.host_str().is_none_or(str::is_empty) {
            return Err(invalid("must begin with https://, http:// or ssh://, and name a host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("must not hold a user name or password; give them as credentials"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("must not hold ? or #"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        let address = Self(url);
        // Over SSH the path goes to a program as it is, decoded: what it leads to must be what was looked at.
        let path = address.path();
        let is_odd = path.contains('\\') || path.chars().any(char::is_control);
        if address.is_ssh() && (is_odd || path.split('/').any(|part| matches!(part, "." | ".."))) {
            return Err(invalid("must not hold `.`, `..`, backslashes or control characters in its path"));
        }
        Ok(address)
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    pub(crate) fn is_ssh(&self) -> bool {
        self.0.scheme() == "ssh"
    }

    /// A name, or an address; one of version 6 is in brackets.
    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(SSH_PORT)
    }

    /// As a server over SSH takes it: `~` for a home directory comes without a slash (git-clone(1)).
    pub(crate) fn path(&self) -> String {
        let path = percent_encoding::percent_decode_str(self.0.path()).decode_utf8_lossy().into_owned();
        if path.starts_with("/~") { path.trim_start_matches('/').to_owned() } else { path }
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
    fn only_plain_addresses_pass() {
        for good in
            ["https://git.example.com/a/b.git", "http://10.0.0.1:8080/x", "https://[fd12::1]/x/", "ssh://h:2222/~git/x"]
        {
            assert!(Address::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "/etc",
            "file:///etc",
            "ssh://git@host/x",
            "ssh:///x",
            "ssh://h/a/..%2fb",
            "ssh://h/a%0ab",
            "ssh://h/a%5c..%5cb",
            "git@host:x.git",
            "ext::sh",
            "https://u@h/x",
            "https://h/x?y",
        ] {
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
