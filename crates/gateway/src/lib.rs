#![doc = include_str!("../README.md")]

mod cached_answers;
mod caller;
mod registry;
mod routes;
mod state;
mod tfe;
mod timestamp;

pub use routes::configure;
pub use state::{Config, Gateway};
