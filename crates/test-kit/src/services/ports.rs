//! Ports that stay free for a server while it is down.

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use anyhow::{Result, bail};

/// Below the ports that the kernel gives to outgoing connections: with those, a client that tries to reach a server
/// that is down could take its port, or even connect to itself.
const FIRST: u16 = 12_000;
const COUNT: u16 = 18_000;

/// A port of 127.0.0.1 that no other test takes while this is held.
pub(super) struct Port {
    pub(super) number: u16,
    /// An abstract socket named after the port: it goes with this process and leaves no file.
    _reservation: UnixListener,
}

impl Port {
    pub(super) fn reserve() -> Result<Self> {
        let mut random = [0; 2];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
        let start = u16::from_le_bytes(random) % COUNT;
        for step in 0..COUNT {
            let number = FIRST + (start + step) % COUNT;
            let name = SocketAddr::from_abstract_name(format!("quarry-test-port-{number}"))?;
            let Ok(reservation) = UnixListener::bind_addr(&name) else { continue };
            if TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() {
                return Ok(Self { number, _reservation: reservation });
            }
        }
        bail!("no free port between {FIRST} and {}", FIRST + COUNT)
    }
}
