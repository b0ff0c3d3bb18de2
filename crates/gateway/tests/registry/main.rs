//! The registry protocol through the door: a gateway on a real database, as the profile has it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod browse;
mod detail;
mod harness;
mod install;
mod parts;
mod renames;
mod standing;
