//! What holds for an S3 server alone: addresses for downloads, refusals, faults on the way.
//! What holds for every store is in `conformance`. The server is named by variables: run `make test`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod checking;
mod damage;
mod fake_store;
mod fault_proxy;
mod faults;
mod http;
mod presigning;
mod server;
