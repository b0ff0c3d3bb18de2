//! What a remote has, as the caller sees it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The names a remote has at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refs {
    /// Nothing if the repository is empty or its `HEAD` names a branch that is not there.
    pub head: Option<Head>,
    /// Those of the branches asked for that are there, with their commits; without `refs/heads/`.
    pub branches: BTreeMap<String, String>,
    /// Sorted by name. Tags of anything but a commit, and names that are not UTF-8, are left out.
    pub tags: Vec<Tag>,
}

/// What `HEAD` stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Without `refs/heads/`; nothing if `HEAD` is on no branch.
    pub branch: Option<String>,
    pub commit: String,
}

/// A tag and the commit it ends at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Without `refs/tags/`.
    pub name: String,
    /// Forty digits; for an annotated tag not the tag object's.
    pub commit: String,
}
