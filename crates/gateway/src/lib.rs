#![doc = include_str!("../README.md")]

mod cached_answers;
mod call;
mod caller;
mod client_address;
mod deleting;
mod full_module;
mod host;
mod json_api;
mod openapi;
mod publishing;
mod rate_limit;
mod registry;
mod route;
mod routes;
mod scalr;
mod sign_in;
mod state;
mod tfe;
mod timestamp;
mod token_uses;
mod webhooks;

pub use routes::configure;
pub use state::{Config, Gateway};
