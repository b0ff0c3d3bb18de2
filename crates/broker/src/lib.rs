//! Job ids to competing consumers, change notices to everyone.
