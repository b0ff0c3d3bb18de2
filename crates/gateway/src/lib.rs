//! The registry protocol and the management APIs.
