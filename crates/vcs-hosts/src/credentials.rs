//! As whom to clone.

use std::fmt;

use domain::Error;

use crate::HostKind;
use crate::family::Family;

/// User name and password for HTTP Basic. Prints without the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Never empty, without `:`.
    pub username: String,
    /// A password or token, never empty.
    pub password: String,
}

impl Credentials {
    /// The credentials to clone with, made of a connection's `key` (the user name, on Bitbucket Cloud perhaps an e-mail
    /// address) and `token` (the password). `None` when there is no token, which is a server that needs none. Empty
    /// texts count as absent.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what cannot be sent as HTTP Basic, for a key without a token, and always for the private key
    /// of a GitHub App, which goes nowhere: [`HostApi::credentials`](crate::api::HostApi::credentials) mints a token with
    /// it. Never repeats the token.
    pub fn new(kind: HostKind, key: Option<&str>, token: Option<&str>) -> Result<Option<Self>, Error> {
        let key = key.filter(|text| !text.is_empty());
        let Some(token) = token.filter(|text| !text.is_empty()) else {
            return match key {
                None => Ok(None),
                Some(_) => Err(Error::invalid("oauth-token-string", "must be given with a key")),
            };
        };
        if kind == HostKind::GithubApp {
            return Err(Error::invalid(
                "oauth-token-string",
                "is the private key of a GitHub App, which is no password",
            ));
        }
        if key.is_some_and(|key| key.contains(':') || key.chars().any(char::is_control)) {
            return Err(Error::invalid("key", "must be a user name, without `:` or control characters"));
        }
        if token.chars().any(char::is_control) {
            return Err(Error::invalid("oauth-token-string", "must not contain control characters"));
        }
        let username = username(kind, key).to_owned();
        Ok(Some(Self { username, password: token.to_owned() }))
    }

    /// Those of a token that was minted for a GitHub App.
    pub(crate) fn minted(token: String) -> Self {
        Self { username: username_of_a_bare_token(Family::Github).to_owned(), password: token }
    }
}

/// The user name that goes with a token (wire-spec 17.2).
fn username(kind: HostKind, key: Option<&str>) -> &str {
    match (kind.family(), key) {
        // API tokens belong to an e-mail address, which only the REST API takes as a user name.
        (Family::BitbucketCloud, Some(key)) if key.contains('@') => "x-bitbucket-api-token-auth",
        (_, Some(key)) => key,
        (family, None) => username_of_a_bare_token(family),
    }
}

fn username_of_a_bare_token(family: Family) -> &'static str {
    match family {
        // Most servers that know only tokens take any user name.
        Family::Git => "git",
        Family::Github => "x-access-token",
        Family::Gitlab | Family::Gitea => "oauth2",
        Family::BitbucketCloud | Family::BitbucketServer => "x-token-auth",
        Family::Azure => "pat",
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).field("password", &"***").finish()
    }
}
