//! Tests of the whole system through its outer door.
