#![doc = include_str!("../README.md")]

mod error_response;
mod health;
mod keys;
mod logging;
mod readiness;
mod role;
mod server;
mod settings;
mod stop;
mod trusted_proxies;

pub use actix_web::web::ServiceConfig;
pub use error_response::{JsonApiError, RegistryError, status_of};
pub use health::configure_health;
pub use keys::{KeyList, KeyRing, write_key_file};
pub use logging::init_logging;
pub use readiness::{Readiness, Ready};
pub use role::Role;
pub use server::{StopTimes, serve_http};
pub use settings::{ArchiveLimits, AtOnce, Downloads, OpenIdSettings, Rates, Settings, SignInSettings};
pub use stop::stop_signal;
pub use trusted_proxies::TrustedProxies;
