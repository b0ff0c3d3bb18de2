//! What the store must do, whichever database is under it.

pub(crate) mod database;
pub(crate) mod fixtures;

mod access;
mod audit;
mod blobs;
mod claims;
mod damage;
mod dispatch;
mod documents;
mod endings;
mod enqueue;
mod latest;
mod lists;
mod many_tokens;
mod modules;
mod moved_tags;
mod opening;
mod organizations;
mod repositories;
mod scalr;
mod schema;
mod scopes;
mod sign_in;
mod sources;
mod standing;
mod tags;
mod timelines;
mod uploads;
mod versions;
mod webhooks;
mod writes;
