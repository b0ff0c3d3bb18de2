//! What the store must do, whichever database is under it.

pub(crate) mod database;
pub(crate) mod fixtures;

mod blobs;
mod claims;
mod damage;
mod dispatch;
mod documents;
mod endings;
mod enqueue;
mod latest;
mod modules;
mod opening;
mod schema;
mod scopes;
mod uploads;
mod versions;
mod writes;
