//! What the management APIs share: reading JSON:API requests, writing answers, and the audit log of what was refused.

pub(crate) mod answer;
pub(crate) mod attempt;
pub(crate) mod attributes;
pub(crate) mod body;
pub(crate) mod connection_secret;
pub(crate) mod json_object;
pub(crate) mod page;
pub(crate) mod query;
pub(crate) mod source;
