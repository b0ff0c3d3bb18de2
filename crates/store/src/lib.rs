#![doc = include_str!("../README.md")]

mod connection;
mod db;
mod dialect;
mod error;
mod migrations;
mod notice;
mod row;
mod schema;
mod sqlite_writer;
mod store;
mod target;
mod transaction;

pub mod audit;
pub mod blob_references;
pub mod connection_search;
pub mod connection_shares;
pub mod connections;
pub mod documents;
pub mod installation;
pub mod jobs;
pub mod login_codes;
pub mod memberships;
pub mod modules;
pub mod namespace_shares;
pub mod repositories;
pub mod scopes;
pub mod sessions;
pub mod tag_bindings;
pub mod tokens;
pub mod tombstones;
pub mod users;
pub mod versions;
pub mod webhooks;

pub use connection::Connection;
pub use dialect::now;
pub use notice::Notice;
pub use store::Store;
