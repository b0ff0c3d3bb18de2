//! Secrets at rest: AEAD with key ids, and token hashes.
