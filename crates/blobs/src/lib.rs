#![doc = include_str!("../README.md")]

mod backend;
mod blobs;
mod check;
mod digest;
mod disk;
mod failure;
mod key;
mod staging;
mod verified;

pub use blobs::{Blobs, ByteStream};
pub use staging::Staged;
pub use verified::verified;
