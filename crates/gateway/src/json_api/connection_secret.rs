//! What a connection is given to reach its host: a token, the private key of a GitHub App, or a deploy key for SSH.

use domain::{Error, Id, kinds};
use seal::SealKeys;
use service_kit::JsonApiError;
use store::connections::secret_binding;
use vcs_hosts::{BaseUrl, Credentials, HostKind, check_app_key, check_ssh_key};

use super::attributes::Attributes;

/// What an API calls the parts of a connection's credentials.
#[derive(Debug)]
pub(crate) struct Names {
    /// The user name, or the id of a GitHub App.
    pub(crate) key: &'static str,
    pub(crate) token: &'static str,
    /// Where there is a place of its own for keys of SSH.
    pub(crate) private_key: Option<&'static str>,
}

/// Where the secret goes.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) kind: HostKind,
    pub(crate) http_url: &'a BaseUrl,
    pub(crate) names: &'static Names,
}

impl Place<'_> {
    /// The one secret that is kept, if one is given. A private key for another place is refused rather than dropped: whoever
    /// sends it believes that it is used. But for Azure DevOps Server, where clients cannot leave it out.
    pub(crate) fn secret<'a>(&self, attributes: &'a Attributes) -> Result<Option<&'a str>, JsonApiError> {
        let given = |name| Ok::<_, JsonApiError>(attributes.optional_lines(name)?.filter(|text| !text.is_empty()));
        let private_key = match self.names.private_key {
            Some(name) => given(name)?.map(|key| (name, key)),
            None => None,
        };
        if self.http_url.is_ssh() {
            // Clients that know no key beside a token give it as one.
            let token = given(self.names.token)?;
            return match private_key {
                Some((name, _)) if token.is_some() => {
                    let reason = format!("must be empty beside a {name}: over SSH there is no token");
                    Err(attributes.refuse(self.names.token, &reason))
                }
                Some((_, key)) => Ok(Some(key)),
                None => Ok(token),
            };
        }
        match (private_key, self.kind) {
            (None, _) => {}
            (Some((name, key)), HostKind::AdoServer) => check_key(attributes, name, key)?,
            (Some((name, _)), _) => {
                let reason = format!(
                    "is for plain Git servers (git) whose http-url begins with ssh://; over HTTP use {}",
                    self.names.token
                );
                return Err(attributes.refuse(name, &reason));
            }
        }
        match self.kind {
            HostKind::GithubApp => given(self.names.token),
            _ => Ok(attributes.optional_string(self.names.token)?.filter(|token| !token.is_empty())),
        }
    }

    /// Refuses what cannot work there. `secret` is what [`Self::secret`] found, or what is known.
    pub(crate) fn check(
        &self,
        attributes: &Attributes,
        key: Option<&str>,
        secret: Option<&str>,
    ) -> Result<(), JsonApiError> {
        let Names { key: key_name, token: token_name, private_key } = *self.names;
        if self.http_url.is_ssh() {
            let is_token = attributes.given().any(|(name, value)| name == token_name && value != "");
            let name = private_key.filter(|_| !is_token).unwrap_or(token_name);
            let Some(secret) = secret else {
                return Err(attributes.refuse(name, "must be given: repositories there are fetched over SSH"));
            };
            return check_key(attributes, name, secret);
        }
        let checked = match self.kind {
            HostKind::GithubApp => check_app_key(key, secret),
            kind => Credentials::new(kind, key, secret).map(drop),
        };
        checked.map_err(|error| match error {
            Error::Invalid { what, reason } => {
                attributes.refuse(if what == "key" { key_name } else { token_name }, &reason)
            }
            other => other.into(),
        })
    }
}

/// The secret as it is kept: nobody can use it for another connection than this.
pub(crate) fn seal_secret(
    keys: &SealKeys,
    id: &Id<kinds::Connection>,
    secret: Option<&str>,
) -> Result<Option<String>, Error> {
    secret.map(|secret| keys.seal(secret.as_bytes(), &secret_binding(id))).transpose()
}

/// Refuses what is no key for SSH.
pub(crate) fn check_key(attributes: &Attributes, name: &'static str, key: &str) -> Result<(), JsonApiError> {
    check_ssh_key(name, key).map_err(|error| attributes.at(name, error))
}

/// Refuses an address that such a host cannot have.
pub(crate) fn check_address(
    attributes: &Attributes,
    (name, address): (&'static str, &str),
    kind: HostKind,
) -> Result<BaseUrl, JsonApiError> {
    match address.parse::<BaseUrl>() {
        Ok(base) if base.is_ssh() && kind != HostKind::Git => {
            let reason = "must begin with https:// or http://: only plain Git servers (git) are read over SSH";
            Err(attributes.refuse(name, reason))
        }
        Ok(base) => Ok(base),
        Err(Error::Invalid { reason, .. }) => Err(attributes.refuse(name, &reason)),
        Err(error) => Err(attributes.at(name, error)),
    }
}
