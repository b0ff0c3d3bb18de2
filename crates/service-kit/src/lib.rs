#![doc = include_str!("../README.md")]

mod error_response;
mod health;
mod keys;
mod logging;
mod server;
mod settings;
mod stop;

pub use actix_web::web::ServiceConfig;
pub use error_response::{JsonApiError, RegistryError, status_of};
pub use health::configure_health;
pub use keys::{Keys, load_keys};
pub use logging::init_logging;
pub use server::serve_http;
pub use settings::{ArchiveLimits, Settings};
pub use stop::stop_signal;
