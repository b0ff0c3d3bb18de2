//! Git tags and uploads to canonical archives.
