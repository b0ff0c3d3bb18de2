//! What travels through the broker.
