//! The Terraform Enterprise API, through its outer door, on a real database, as the profile has it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in what its tests share"
)]

mod audit;
mod connections;
mod deletes;
mod git_modules;
mod lists;
mod modules;
mod organizations;
mod requests;
mod rights;
mod test_gateway;
mod versions;
