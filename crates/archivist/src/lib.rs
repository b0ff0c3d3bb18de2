//! Bytes in and out by signed link.
