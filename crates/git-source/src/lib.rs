#![doc = include_str!("../README.md")]
//!
//! All calls block, and `Mirror::fetch` and `Mirror::list_remote` must not be made on an async thread. A [`Mirror`] may
//! move to another thread but not be shared: two threads that read open one each. While one fetches, nobody else may
//! open or use the same directory; the caller holds that lock.
//!
//! libgit2 only ever sees packs and objects. Both transports, the list of refs and the negotiation are read here, in safe
//! Rust, and no Git configuration is read from anywhere.

mod address;
mod advertisement;
mod failure;
mod gitmodules;
mod http;
mod mirror;
mod negotiation;
mod object_id;
mod objects;
mod packed_refs;
mod pkt_line;
mod refs;
mod remote;
mod session;
mod settings;
mod ssh;
mod tree;

pub use gitmodules::{parse_gitmodules, resolve_submodule};
pub use mirror::Mirror;
pub use object_id::ObjectId;
pub use refs::{Head, Refs, Tag};
pub use remote::Remote;
pub use settings::{FetchLimits, Trust, init};
pub use ssh::check_known_hosts;
pub use tree::{EntryKind, TreeEntry};
