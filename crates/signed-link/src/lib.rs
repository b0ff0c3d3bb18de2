#![doc = include_str!("../README.md")]

mod link;
mod link_keys;

pub use link::{Grant, Link, LinkError};
pub use link_keys::LinkKeys;
