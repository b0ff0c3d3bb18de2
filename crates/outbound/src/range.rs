//! The address ranges that are special, and why. Deliberately absent: RFC 1918 and unique local addresses, because
//! self-hosted Git servers live there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why this address may not be called, or nothing if it is an ordinary one.
pub(crate) fn reason_to_refuse(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => refuse_v4(address),
        IpAddr::V6(address) => {
            refuse_v6(address).or_else(|| embedded_v4(address).into_iter().flatten().find_map(refuse_v4))
        }
    }
}

/// The IPv4 address that an IPv4-mapped one stands for: sockets treat the two alike.
pub(crate) fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

fn refuse_v4(address: Ipv4Addr) -> Option<&'static str> {
    const METADATA: [Ipv4Addr; 4] = [
        Ipv4Addr::new(169, 254, 169, 254),
        Ipv4Addr::new(100, 100, 100, 200),
        Ipv4Addr::new(192, 0, 0, 192),
        Ipv4Addr::new(168, 63, 129, 16),
    ];
    let [first, ..] = address.octets();
    match address {
        _ if METADATA.contains(&address) => Some("cloud metadata"),
        _ if address.is_loopback() => Some("loopback"),
        _ if first == 0 => Some("unspecified"),
        _ if address.is_link_local() => Some("link-local"),
        _ if address.is_broadcast() => Some("broadcast"),
        _ if address.is_multicast() => Some("multicast"),
        _ if first >= 240 => Some("reserved"),
        _ => None,
    }
}

fn refuse_v6(address: Ipv6Addr) -> Option<&'static str> {
    const METADATA: Ipv6Addr = Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254);
    let [first, second, ..] = address.segments();
    match address {
        // One cloud has several services in a network of its own, and one of them gives out credentials.
        _ if address == METADATA || (first, second) == (0xfd00, 0xec2) => Some("cloud metadata"),
        _ if address.is_loopback() => Some("loopback"),
        _ if address.is_unspecified() => Some("unspecified"),
        _ if address.is_multicast() => Some("multicast"),
        _ if first & 0xffc0 == 0xfe80 => Some("link-local"),
        _ if first & 0xffc0 == 0xfec0 => Some("site-local"),
        _ => None,
    }
}

/// Every IPv4 address that a translator or tunnel could make of this one. Two, because the network-specific NAT64
/// prefix leaves open where the address sits and Teredo hides one address in each half.
fn embedded_v4(address: Ipv6Addr) -> [Option<Ipv4Addr>; 2] {
    let joined = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match address.segments() {
        // IPv4-compatible, IPv4-mapped, IPv4-translated, NAT64 with the well-known prefix.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => [joined(high, low), None],
        // NAT64 with the local-use prefix: at the end, or after 48 bits around the reserved byte.
        [0x64, 0xff9b, 1, high, middle, end, last_high, last_low] => {
            [joined(last_high, last_low), joined(high, (middle << 8) | (end >> 8))]
        }
        // 6to4.
        [0x2002, high, low, ..] => [joined(high, low), None],
        // Teredo: the server, and the client with its bits turned over.
        [0x2001, 0, server_high, server_low, _, _, high, low] => [joined(server_high, server_low), joined(!high, !low)],
        _ => [None, None],
    }
}
