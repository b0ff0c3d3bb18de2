//! The archive crate through its outer door: what is refused, what links become, what canonical means.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what surprises a test's own helper must fail the test"
)]

mod canonical;
mod gzip;
mod hostile;
mod links;
mod made;
mod names;
mod tampered;
