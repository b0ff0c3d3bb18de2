//! Who calls, and what they may do: the one policy function.

use crate::{Id, kinds};

/// How much a token may do within its scope. Each includes the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rights {
    Read,
    Publish,
    Admin,
}

impl Rights {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Publish => "publish",
            Self::Admin => "admin",
        }
    }

    /// Unknown text gives the least right, so that a newer row never grants more than an older reader understands.
    pub fn from_stored(text: &str) -> Self {
        match text {
            "admin" => Self::Admin,
            "publish" => Self::Publish,
            _ => Self::Read,
        }
    }
}

/// What somebody wants to do to the things of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// See modules and install them.
    Read,
    /// Make modules and versions, upload, resync.
    Publish,
    /// Make connections, delete, change the scope itself.
    Own,
}

/// Somebody whose token was checked.
#[derive(Debug, Clone)]
pub struct Principal {
    pub user: Id<kinds::User>,
    pub username: String,
    pub email: String,
    pub token: Id<kinds::Token>,
    pub rights: Rights,
    /// `None`: every scope of the installation.
    pub scope: Option<Id<kinds::Scope>>,
}

impl Principal {
    /// The policy. What one may not even `Read` must be answered as if it did not exist.
    pub fn may(&self, action: Action, scope: &Id<kinds::Scope>) -> bool {
        let needed = match action {
            Action::Read => Rights::Read,
            Action::Publish => Rights::Publish,
            Action::Own => Rights::Admin,
        };
        self.rights >= needed && self.scope.as_ref().is_none_or(|own| own == scope)
    }

    /// Whether new scopes may be made: only by those who own the whole installation.
    pub fn may_make_scopes(&self) -> bool {
        self.scope.is_none() && self.rights == Rights::Admin
    }
}
