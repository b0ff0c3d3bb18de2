//! The Terraform Enterprise API, through its outer door, on a real database, as the profile has it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in what its tests share"
)]

mod audit;
mod branches;
mod connection_changes;
mod connections;
mod deletes;
mod git_modules;
mod lists;
mod module_reads;
mod module_updates;
mod modules;
mod moved_tags;
mod oauth_tokens;
mod organization_changes;
mod organizations;
mod rate_limits;
mod requests;
mod rights;
mod tag_bindings;
mod test_gateway;
mod tokens;
mod users;
mod version_resyncs;
mod version_states;
mod versions;
mod webhooks;
