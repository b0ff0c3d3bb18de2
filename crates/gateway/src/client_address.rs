//! From where a request comes.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;
use service_kit::TrustedProxies;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the client, as the proxies of our own see it. Unspecified if there is no connection.
pub(crate) fn client_address(request: &HttpRequest, proxies: &TrustedProxies) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let named: Vec<&str> =
        request.headers().get_all(FORWARDED_FOR).map(|value| value.to_str().unwrap_or_default()).collect();
    proxies.client(peer, named.into_iter())
}
