#![doc = include_str!("../README.md")]

pub mod api;
pub mod webhooks;

mod address;
mod app_key;
mod azure;
mod base_url;
mod credentials;
mod escape;
mod family;
mod host;
mod host_kind;
mod identifier;
mod payload;
mod ssh_key;

pub use address::{clone_address, web_address};
pub use app_key::check_app_key;
pub use base_url::BaseUrl;
pub use credentials::Credentials;
pub use host::Host;
pub use host_kind::HostKind;
pub use identifier::Identifier;
pub use ssh_key::check_ssh_key;
