//! Whose word about the address of a client is taken: that of the load balancers and proxies in front of us.

use std::net::IpAddr;

use domain::Error;
use ipnet::IpNet;

/// Networks of proxies of one's own. None, by default: then a client is who opened the connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// More proxies of one's own in a row are a made-up list.
const MOST_HOPS: usize = 16;

impl TrustedProxies {
    /// Reads networks in CIDR form, or single addresses, parted by commas.
    ///
    /// # Errors
    /// `Invalid`, whose reason says what is wrong with the list; also for networks that hold everybody.
    pub fn parse(list: &str) -> Result<Self, Error> {
        let networks = list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(parse_network);
        networks.collect::<Result<_, _>>().map(Self)
    }

    /// The client behind `peer`, who opened the connection. `forwarded` are the values of `X-Forwarded-For`, in their
    /// order: proxies add to the end, so it is read from there, as long as a proxy of our own says it.
    pub fn client<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let mut client = peer.to_canonical();
        let named = forwarded.rev().flat_map(|line| line.rsplit(',')).map(parse_address);
        for next in named.take(MOST_HOPS) {
            match next {
                Some(next) if self.trusts(client) => client = next,
                _ => break,
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

fn parse_network(item: &str) -> Result<IpNet, Error> {
    let everybody = item == "*" || item.parse::<IpNet>().is_ok_and(|network| network.prefix_len() == 0);
    if everybody {
        let reason = "must name the proxies alone, such as 10.0.0.0/8: if everybody were one, every client could pretend to \
                      be at any address, and no limit would hold";
        return Err(Error::invalid("A list of proxies", reason));
    }
    let network = item.parse::<IpNet>().ok().or_else(|| item.parse::<IpAddr>().ok().map(IpNet::from));
    network.ok_or_else(|| {
        let reason = format!("holds {item:?}, which is neither a network such as 10.0.0.0/8 nor an address");
        Error::invalid("A list of proxies", reason)
    })
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text.parse::<IpAddr>().ok().or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|it| it.ip()));
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    address.or_else(bare).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(trusted: &str, peer: &str, forwarded: &[&str], expected: &str) {
        let client = TrustedProxies::parse(trusted).unwrap().client(peer.parse().unwrap(), forwarded.iter().copied());
        assert_eq!(client.to_string(), expected, "{trusted} {peer} {forwarded:?}");
    }

    #[test]
    fn only_proxies_of_ones_own_are_believed() {
        check("", "192.0.2.1", &["198.51.100.7"], "192.0.2.1");
        check("10.0.0.0/8", "192.0.2.1", &["198.51.100.7"], "192.0.2.1");
        check("10.0.0.0/8", "10.0.0.1", &["198.51.100.7"], "198.51.100.7");
        check("10.0.0.0/8", "10.0.0.1", &[], "10.0.0.1");
        check("10.0.0.1", "::ffff:10.0.0.1", &["198.51.100.7"], "198.51.100.7");
        check("fd00::/8", "fd00::1", &["[2001:db8::7]:4711"], "2001:db8::7");
        check("10.0.0.0/8", "10.0.0.1", &["[2001:db8::7]"], "2001:db8::7");
    }

    #[test]
    fn what_a_client_says_of_itself_is_not_believed() {
        check("10.0.0.0/8", "10.0.0.1", &["1.1.1.1, 198.51.100.7"], "198.51.100.7");
        check("10.0.0.0/8", "10.0.0.1", &["1.1.1.1, 198.51.100.7:55, 10.0.0.2"], "198.51.100.7");
        check("10.0.0.0/8", "10.0.0.1", &["1.1.1.1", "198.51.100.7", "10.0.0.2"], "198.51.100.7");
        check("10.0.0.0/8", "10.0.0.1", &["198.51.100.7, unknown"], "10.0.0.1");
        check("10.0.0.0/8", "10.0.0.1", &["198.51.100.7, nonsense, 10.0.0.9"], "10.0.0.9");
        check("10.0.0.0/8", "10.0.0.1", &[""], "10.0.0.1");
        check("10.0.0.0/8", "10.0.0.1", &[&"10.0.0.3,".repeat(1000)], "10.0.0.1");
    }

    #[test]
    fn a_list_of_everybody_is_refused_with_its_reason() {
        for list in ["*", "0.0.0.0/0", "10.0.0.0/8,::/0"] {
            let text = TrustedProxies::parse(list).unwrap_err().to_string();
            assert!(text.contains("pretend"), "{list}: {text}");
        }
        for list in ["10.0.0.0/99", "proxy.acme.test"] {
            assert!(TrustedProxies::parse(list).unwrap_err().to_string().contains("neither"), "{list}");
        }
    }
}
