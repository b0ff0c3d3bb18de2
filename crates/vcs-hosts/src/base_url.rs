//! The address of a Git host, under which its repositories are.

use std::fmt;
use std::str::FromStr;

use domain::Error;
use url::{Host, Url};

const WHAT: &str = "http-url";
const LONGEST: usize = 1024;
/// RFC 4253, section 4.
const SSH_PORT: u16 = 22;

/// `http://`, `https://` or `ssh://`, a host, perhaps a port and a path; no user, query, fragment or slash at the end.
/// Well formed does not mean that it may be called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    text: String,
    host: String,
}

impl BaseUrl {
    /// The normal form: lower-case scheme and host, no default port, no slash at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host alone: a name, an IPv4 address, or an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Without a slash at its end; empty when the address has none.
    pub(crate) fn path(&self) -> &str {
        let rest = self.text.split_once("://").map_or("", |(_, rest)| rest);
        rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default()
    }

    /// Whether repositories are fetched with a key, over SSH; nothing else can be asked there.
    pub fn is_ssh(&self) -> bool {
        self.text.starts_with("ssh://")
    }
}

impl FromStr for BaseUrl {
    type Err = Error;

    /// Any number of slashes at the end is dropped. [`Error::Invalid`] says what is wrong and never repeats the
    /// address, since it may hold a password.
    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = |reason| Error::invalid(WHAT, reason);
        let mut url = parse(text).map_err(invalid)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| invalid("must name a host"))?;
        // The parser knows the normal form of the hosts of the web only.
        let host = Host::parse(host).map_err(|_| invalid("must name a host"))?.to_string();
        url.set_host(Some(&host)).map_err(|_| invalid("must name a host"))?;
        if url.scheme() == "ssh" && url.port() == Some(SSH_PORT) {
            url.set_port(None).map_err(|()| invalid("must name a host"))?;
        }
        Ok(Self { text: url.as_str().trim_end_matches('/').to_owned(), host })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn parse(text: &str) -> Result<Url, &'static str> {
    if text.len() > LONGEST {
        return Err("must not be longer than 1024 bytes");
    }
    // The parser would silently drop tabs and line ends, and read a backslash as a slash.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err("must not contain spaces, control characters or backslashes");
    }
    if text.contains(['?', '#']) {
        return Err("must not have a query or a fragment");
    }
    let (_, rest) = text.split_once("://").ok_or("must be an address such as https://git.example.com")?;
    let url =
        Url::parse(text.trim_end_matches('/')).map_err(|_| "must be an address such as https://git.example.com")?;
    if !matches!(url.scheme(), "http" | "https" | "ssh") {
        return Err("must begin with https:// or http://, or for plain Git servers also with ssh://");
    }
    // Also an empty user, `https://@host`, which the parser forgets.
    if rest.split('/').next().is_none_or(|authority| authority.contains('@')) {
        return Err("must not hold a user or password; give them as the connection's key and token");
    }
    if rest.trim_end_matches('/').split('/').any(is_odd_segment) {
        return Err("must not have empty path segments, `.`, `..`, or escapes in its path");
    }
    Ok(url)
}

/// The first one is the host, where an empty one is odd as well.
fn is_odd_segment(segment: &str) -> bool {
    segment.is_empty() || segment == "." || segment == ".." || segment.contains('%')
}
