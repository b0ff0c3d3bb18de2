#![doc = include_str!("../README.md")]

mod answer;
mod backend;
mod blobs;
mod check;
mod claim;
mod cloud;
mod digest;
mod disk;
mod failure;
mod key;
mod presign;
mod staging;
mod verified;
mod whole;

pub use blobs::{Blobs, BlobsConfig, ByteStream};
pub use staging::Staged;
pub use verified::verified;
