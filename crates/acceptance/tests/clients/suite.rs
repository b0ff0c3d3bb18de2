//! What is tried with every client that installs modules.

mod browser;
mod front;
pub(crate) mod installing;
pub(crate) mod login;
mod world;
