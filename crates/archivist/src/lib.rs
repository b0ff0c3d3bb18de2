#![doc = include_str!("../README.md")]

mod damage;
mod link;
mod receive;
mod routes;
mod send;
mod state;
mod upload;

pub use routes::configure;
pub use state::{Archivist, Config};
