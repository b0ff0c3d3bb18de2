//! Immutable bytes under their SHA-256.
