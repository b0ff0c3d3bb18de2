//! Which network addresses may be called.
