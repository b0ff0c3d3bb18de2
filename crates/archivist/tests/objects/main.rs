//! Through the door: a real server, a real SQLite file, blobs in a directory.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod harness;
mod reading;
mod uploading;
