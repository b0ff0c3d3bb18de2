//! The policy itself: what is special is refused unless the administrator listed it.

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use domain::Error;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::range;

const SETTING: &str = "QUARRY_VCS_ALLOWED_NETWORKS";

/// Which addresses may be called. Refused unless allowed: loopback, unspecified, link-local, multicast, broadcast and
/// reserved ones, cloud metadata services, and every IPv6 form that stands for one of these. Its text form is the list
/// that [`AddressPolicy::parse`] reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AddressPolicy {
    allowed: Vec<IpNet>,
}

impl AddressPolicy {
    /// Everything ordinary, and these networks whatever they hold.
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// Reads networks in CIDR form, or single addresses, parted by commas. An empty list allows nothing special.
    pub fn parse(list: &str) -> Result<Self, Error> {
        let allowed = list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(parse_network);
        allowed.collect::<Result<_, _>>().map(Self::new)
    }

    /// Fails with `Refused` if this address must not be called.
    pub fn check(&self, ip: IpAddr) -> Result<(), Error> {
        let canonical = range::canonical(ip);
        let listed = self.allowed.iter().any(|network| network.contains(&ip) || network.contains(&canonical));
        match range::reason_to_refuse(ip) {
            Some(kind) if !listed => Err(Error::Refused {
                reason: format!(
                    "the address {ip} ({kind}) may not be called; an administrator can allow it with {SETTING}"
                ),
            }),
            _ => Ok(()),
        }
    }

    /// Resolves `host` (a name, or an address with or without brackets) and keeps the addresses that may be called.
    /// Call those and do not resolve again. Fails with `Refused` if none is left, with `Unavailable` if the name has no
    /// address at present. Blocks.
    pub fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        let found: Vec<SocketAddr> = match literal.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => (host, port).to_socket_addrs().map_err(|error| unresolved(host, error.to_string()))?.collect(),
        };

        let mut refused = None;
        let mut callable = Vec::new();
        for address in found {
            match self.check(address.ip()) {
                Ok(()) => callable.push(address),
                Err(error) => refused = Some(error),
            }
        }
        match (callable.is_empty(), refused) {
            (false, _) => Ok(callable),
            (true, Some(error)) => Err(error),
            (true, None) => Err(unresolved(host, "the name has no address".to_owned())),
        }
    }
}

impl fmt::Display for AddressPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, network) in self.allowed.iter().enumerate() {
            let separator = if position == 0 { "" } else { "," };
            write!(f, "{separator}{network}")?;
        }
        Ok(())
    }
}

impl From<AddressPolicy> for String {
    fn from(policy: AddressPolicy) -> Self {
        policy.to_string()
    }
}

impl TryFrom<String> for AddressPolicy {
    type Error = Error;

    fn try_from(list: String) -> Result<Self, Error> {
        Self::parse(&list)
    }
}

fn parse_network(item: &str) -> Result<IpNet, Error> {
    let network = item.parse::<IpNet>().ok().or_else(|| item.parse::<IpAddr>().ok().map(IpNet::from));
    network.ok_or_else(|| {
        Error::invalid(SETTING, format!("holds {item:?}, which is neither a network such as 10.0.0.0/8 nor an address"))
    })
}

fn unresolved(host: &str, cause: String) -> Error {
    Error::unavailable("looking up a host name", format!("{host}: {cause}"))
}
