#![doc = include_str!("../README.md")]

mod policy;
mod range;

pub use policy::AddressPolicy;
