//! As whom to clone.

use std::fmt;

use domain::Error;

use crate::{HostKind, offered};

/// Most servers that know only tokens take any user name.
const USER_OF_A_BARE_TOKEN: &str = "git";

/// User name and password for HTTP Basic. Prints without the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Never empty, without `:`.
    pub username: String,
    /// A password or token, never empty.
    pub password: String,
}

impl Credentials {
    /// The credentials made of a connection's `key` (for plain Git the user name) and `token` (the password).
    /// `None` when there is no token, which is a server that needs none. Empty texts count as absent.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a kind that is not offered, for what cannot be sent as HTTP Basic, and for a key
    /// without a token. Never repeats the token.
    pub fn new(kind: HostKind, key: Option<&str>, token: Option<&str>) -> Result<Option<Self>, Error> {
        offered(kind)?;
        let key = key.filter(|text| !text.is_empty());
        let Some(token) = token.filter(|text| !text.is_empty()) else {
            return match key {
                None => Ok(None),
                Some(_) => Err(Error::invalid("oauth-token-string", "must be given with a key")),
            };
        };
        if key.is_some_and(|key| key.contains(':') || key.chars().any(char::is_control)) {
            return Err(Error::invalid("key", "must be a user name, without `:` or control characters"));
        }
        if token.chars().any(char::is_control) {
            return Err(Error::invalid("oauth-token-string", "must not contain control characters"));
        }
        let username = key.unwrap_or(USER_OF_A_BARE_TOKEN).to_owned();
        Ok(Some(Self { username, password: token.to_owned() }))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).field("password", &"***").finish()
    }
}
