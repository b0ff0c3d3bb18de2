//! Webhooks of every kind of host, through the public functions. All payloads are written from wire-spec 16.3.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod azure;
mod bitbucket_cloud;
mod bitbucket_server;
mod bodies;
mod delivery;
mod git;
mod gitea;
mod github;
mod gitlab;
mod headers;
mod repositories;
mod signatures;
