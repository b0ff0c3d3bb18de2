//! Which answers of the server can never become better by themselves.

use domain::Error;
use lapin::ErrorKind;

use super::address::{Address, SETTING};

/// AMQP reply codes.
const ACCESS_REFUSED: u16 = 403;
const PRECONDITION_FAILED: u16 = 406;
const NOT_ALLOWED: u16 = 530;
const INTERNAL_ERROR: u16 = 541;

fn reply(error: &lapin::Error) -> Option<(u16, &str)> {
    match error.kind() {
        ErrorKind::ProtocolError(reply) => Some((reply.get_id(), reply.get_message().as_str())),
        _ => None,
    }
}

/// The server failed at it. It says neither why nor about which queue, and ends the whole connection.
pub(super) fn is_internal(error: &lapin::Error) -> bool {
    matches!(reply(error), Some((INTERNAL_ERROR, _)))
}

/// Everything else may. The library's texts repeat their causes, so the text alone is kept.
pub(super) fn unavailable(during: &'static str, error: &lapin::Error) -> Error {
    Error::unavailable(during, error.to_string())
}

/// Why no connection could be made.
pub(super) fn connecting(address: &Address, error: lapin::Error) -> Error {
    let user = address.user();
    match reply(&error) {
        Some((ACCESS_REFUSED, _)) => Error::invalid(
            SETTING,
            format!("is refused by {address}: the password of user {user:?} is wrong, or there is no such user"),
        ),
        // A server that reached the limit of its connections answers with the same code.
        Some((NOT_ALLOWED, text)) if !text.contains("limit") => Error::invalid(
            SETTING,
            format!(
                "is refused by {address}: the virtual host does not exist, or user {user:?} may not use it \
                 (rabbitmqctl add_vhost, rabbitmqctl set_permissions)"
            ),
        ),
        _ => unavailable("connecting to the broker", &error),
    }
}

/// Why `what` (a queue or an exchange) could not be declared.
pub(super) fn declaring(what: &str, error: lapin::Error) -> Error {
    match reply(&error) {
        Some((PRECONDITION_FAILED, text)) => Error::invalid(
            format!("The {what} in the virtual host of {SETTING}"),
            format!(
                "exists with other properties than this release needs; delete it, it will be made again and nothing is \
                 lost, or give a virtual host of its own. The server says: {text}"
            ),
        ),
        Some((ACCESS_REFUSED, text)) => Error::invalid(
            SETTING,
            format!(
                "names a user who may not declare the {what}; give it the rights to configure, write and read \
                 quarry.* and amq.gen-* (rabbitmqctl set_permissions). The server says: {text}"
            ),
        ),
        _ => unavailable("declaring the queues of the broker", &error),
    }
}
