//! The pages where people sign in, and `terraform login`, through the outer door, on a real database, as the profile has it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in what its tests share"
)]

mod browser;
mod fake_provider;
mod forgery;
mod login;
mod openid;
mod pages;
mod test_gateway;
mod tokens;
