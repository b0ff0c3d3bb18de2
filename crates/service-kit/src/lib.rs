//! Settings, logging, health, graceful stop, error to HTTP.
