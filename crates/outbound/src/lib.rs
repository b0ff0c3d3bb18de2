#![doc = include_str!("../README.md")]

mod policy;
mod range;
mod retry_after;

pub use policy::AddressPolicy;
pub use retry_after::retry_after;
