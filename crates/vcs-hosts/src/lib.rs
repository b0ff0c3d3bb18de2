#![doc = include_str!("../README.md")]

pub mod webhooks;

mod address;
mod base_url;
mod credentials;
mod host_kind;
mod identifier;

pub use address::{clone_address, web_address};
pub use base_url::BaseUrl;
pub use credentials::Credentials;
pub use host_kind::{HostKind, offered};
pub use identifier::Identifier;
