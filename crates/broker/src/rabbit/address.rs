//! Where the server is, from `QUARRY_BROKER_URL`. Prints itself without the password.

use std::fmt;

use domain::Error;
use lapin::uri::{AMQPScheme, AMQPUri};

pub(super) const SETTING: &str = "QUARRY_BROKER_URL";
/// The server is taken for dead after twice this silence.
const HEARTBEAT_SECONDS: u16 = 10;

/// A server, a virtual host and credentials.
#[derive(Clone)]
pub(super) struct Address(AMQPUri);

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        // What the parser says may quote the address, so it is not passed on.
        let Ok(mut uri) = url.parse::<AMQPUri>() else {
            return Err(Error::invalid(
                SETTING,
                "is not amqp://user:password@host:port/vhost or amqps://… \
                 (in user, password and vhost, write / as %2F, @ as %40, : as %3A)",
            ));
        };
        // The parser takes an address in brackets for a missing one, and would connect to this machine.
        if url.contains("://[") || url.contains("@[") {
            return Err(Error::invalid(SETTING, "must give the host by name or IPv4 address"));
        }
        if uri.vhost.is_empty() {
            uri.vhost = "/".to_owned();
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT_SECONDS);
        Ok(Self(uri))
    }

    pub(super) fn uri(&self) -> AMQPUri {
        self.0.clone()
    }

    pub(super) fn host_and_port(&self) -> (&str, u16) {
        (&self.0.authority.host, self.0.authority.port)
    }

    /// Without TLS.
    pub(super) fn is_plain(&self) -> bool {
        self.0.scheme == AMQPScheme::AMQP
    }

    pub(super) fn user(&self) -> &str {
        &self.0.authority.userinfo.username
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = self.host_and_port();
        write!(out, "{}://{host}:{port} (virtual host {:?})", self.0.scheme, self.0.vhost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_address_is_named_and_not_quoted() {
        for url in ["", "amqp:secret", "http://u:secret@h/", "amqp://u:secret@h:port/", "amqp://u:secret@[::1]/"] {
            let error = Address::parse(url).err().expect("malformed").to_string();

            assert!(error.contains(SETTING), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn the_password_is_not_printed() {
        let address = Address::parse("amqp://quarry:secret@rabbit:5673/%2fprod").expect("well-formed");

        assert_eq!(address.to_string(), r#"amqp://rabbit:5673 (virtual host "/prod")"#);
    }

    #[test]
    fn without_a_virtual_host_it_is_the_default_one() {
        for url in ["amqp://rabbit", "amqp://rabbit/", "amqp://rabbit/%2f"] {
            let address = Address::parse(url).expect("well-formed");

            assert!(address.to_string().ends_with(r#"(virtual host "/")"#), "{address}");
        }
    }
}
