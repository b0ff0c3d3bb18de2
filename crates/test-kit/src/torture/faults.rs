//! What is put between the registry and its engines to break what passes.

mod database_proxy;
mod store_proxy;

pub(crate) use database_proxy::{DatabaseProxy, Wire};
pub(crate) use store_proxy::{StoreFaults, StoreProxy};
