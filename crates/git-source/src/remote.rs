//! A repository as the caller names it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a repository is and what it takes to read it. The address must be `http`, `https` or `ssh` and hold no user or
/// password. What is given here is sent with the first request; nothing is asked for.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Remote {
    pub url: String,
    pub username: Option<String>,
    /// For http.
    pub password: Option<String>,
    /// For SSH, without a passphrase, in any form that OpenSSH writes or wrote.
    pub private_key: Option<String>,
}

impl Remote {
    /// A repository that anybody may read.
    pub fn anonymous(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// The user name and password to send, if there is either.
    pub(crate) fn credentials(&self) -> Option<(&str, &str)> {
        match (self.username.as_deref(), self.password.as_deref()) {
            (None, None) => None,
            (username, password) => Some((username.unwrap_or_default(), password.unwrap_or_default())),
        }
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = crate::address::without_userinfo(&self.url);
        let has_credentials = self.credentials().is_some() || self.private_key.is_some();
        f.debug_struct("Remote").field("url", &url).field("credentials", &has_credentials.then_some("***")).finish()
    }
}
