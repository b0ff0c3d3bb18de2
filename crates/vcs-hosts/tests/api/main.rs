//! REST calls of every kind of host, through the public functions. All payloads are written from wire-spec 17.1.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod app_refused;
mod app_signs;
mod app_tokens;
mod azure;
mod bases;
mod bitbucket_cloud;
mod bitbucket_server;
mod case;
mod checks;
mod commits;
mod fake_app;
mod fake_host;
mod gitea;
mod github;
mod gitlab;
mod guard;
mod limits;
mod lookup;
mod plain_git;
mod redirects;
mod secrets;
mod shapes;
mod webhooks;
