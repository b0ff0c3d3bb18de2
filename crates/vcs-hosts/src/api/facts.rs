//! What the hosts are told and what they say, in the same words for all of them.

use std::fmt;

/// A repository. Its texts come from outside: bounded and without control characters but line ends and tabs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryFacts {
    /// The number or UUID of the host, as its webhooks write it, which survives a rename.
    pub remote_id: String,
    /// Empty when there is none.
    pub description: String,
    /// Where people look at it; begins with `https://` or `http://`.
    pub web_url: String,
    /// `None` when the host does not say.
    pub default_branch: Option<String>,
}

/// A webhook to be. Prints without the secret.
#[derive(Clone, Copy)]
pub struct NewWebhook<'a> {
    /// What the host shall call.
    pub url: &'a str,
    /// By which its deliveries are known to be genuine.
    pub secret: &'a str,
}

impl fmt::Debug for NewWebhook<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewWebhook").field("url", &self.url).field("secret", &"***").finish()
    }
}

/// What came of registering a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    /// It is there.
    Made {
        /// What the host calls it.
        hook_id: String,
    },
    /// Somebody has to make it by hand.
    Manual {
        /// Why, for owners of the repository.
        reason: String,
    },
}

impl Registered {
    pub(super) fn manual(reason: impl Into<String>) -> Self {
        Self::Manual { reason: reason.into() }
    }
}

/// A commit. Texts as those of [`RepositoryFacts`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// 40 or 64 lower-case hexadecimal digits.
    pub sha: String,
    /// All of it, cut after 4096 bytes.
    pub message: String,
    /// The login name where the host knows it, otherwise the name in the commit; empty when there is none.
    pub author: String,
    /// Where people look at the author, if there is such a place.
    pub author_url: Option<String>,
    /// A picture of the author, if the host has one.
    pub avatar_url: Option<String>,
    /// When it was committed: RFC 3339 in UTC, whole seconds, as `2026-03-01T10:00:00Z`. `None` when the host does not say.
    pub date: Option<String>,
    /// Where people look at the commit.
    pub url: String,
}
