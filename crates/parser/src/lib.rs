//! Archives to documentation.
