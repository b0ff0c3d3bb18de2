//! What a request says of a VCS provider (wire-spec 14.1), where making one and changing one read it alike.

use domain::Error;
use seal::Secret;
use serde_json::{Map, Value};
use service_kit::JsonApiError;
use store::connections::Connection;
use vcs_hosts::{BaseUrl, HostKind};

use super::{
    account_view, environment_view,
    relations::{self, Related, refuse},
    vcs_provider_view::FLAGS,
    vcs_type,
};
use crate::{
    host::{Shown, try_token},
    json_api::{
        attributes::Attributes,
        connection_secret::{self, Names, check_address},
    },
    state::State,
};

/// Here a key for SSH is given as the token.
const NAMES: Names = Names { key: "username", token: "token", private_key: None };

/// What is given; `Some(None)` takes away what there is.
pub(super) struct Wanted {
    pub(super) name: Option<String>,
    pub(super) token: Option<Secret>,
    pub(super) username: Option<Option<String>>,
    pub(super) is_shared: Option<bool>,
    /// Flags that are only kept.
    pub(super) flags: Map<String, Value>,
    pub(super) account: Related,
    /// Ids of this API.
    pub(super) environments: Option<Vec<String>>,
}

impl Wanted {
    pub(super) fn parse(attributes: &Attributes, relationships: &Attributes) -> Result<Self, JsonApiError> {
        let name = attributes.optional_string("name")?;
        if name.is_some_and(str::is_empty) {
            return Err(attributes.refuse("name", "must not be empty"));
        }
        let mut flags = Map::new();
        for flag in FLAGS {
            if let Some(value) = attributes.optional_bool(flag)? {
                flags.insert(flag.to_owned(), Value::from(value));
            }
        }
        if let Related::To(_) = relations::to_one(relationships, "agent-pool", "agent-pools")? {
            return Err(refuse("agent-pool", "must be null: there are no agents here"));
        }
        let username = attributes.optional_string("username")?;
        Ok(Self {
            name: name.map(str::to_owned),
            // A key is in lines; a token that is so is refused when it is checked.
            token: attributes.optional_lines("token")?.filter(|token| !token.is_empty()).map(Secret::new),
            username: username.map(|text| Some(text.to_owned()).filter(|text| !text.is_empty())),
            is_shared: attributes.optional_bool("is-shared")?,
            flags,
            account: relations::to_one(relationships, "account", account_view::KIND)?,
            environments: relations::to_many(relationships, "environments", environment_view::KIND)?,
        })
    }
}

/// Kind and address of a host.
pub(super) struct Place {
    pub(super) kind: HostKind,
    pub(super) url: String,
}

impl Place {
    /// Of a new connection: some kinds of hosts have one address for all the world.
    pub(super) fn parse(attributes: &Attributes) -> Result<Self, JsonApiError> {
        let (kind, known) = kind_of(attributes)?;
        let url = match (attributes.non_empty_string("url")?, known) {
            (Some(url), _) => url,
            (None, Some(known)) => known,
            (None, None) => return Err(attributes.refuse("url", "must be given for this vcs-type")),
        };
        check_address(attributes, ("url", url), kind)?;
        let place = Self { kind, url: url.to_owned() };
        place.check_auth_type(attributes)?;
        Ok(place)
    }

    pub(super) fn of(connection: &Connection) -> Result<Self, Error> {
        Ok(Self { kind: connection.kind.parse()?, url: connection.http_url.clone() })
    }

    /// Refuses another way to sign in than the one of such hosts.
    pub(super) fn check_auth_type(&self, attributes: &Attributes) -> Result<(), JsonApiError> {
        let own = vcs_type::auth_type_of(self.kind.as_str());
        match attributes.optional_string("auth-type")? {
            Some(given) if given != own => Err(attributes.refuse("auth-type", &format!("must be {own}"))),
            _ => Ok(()),
        }
    }

    /// Refuses another kind or address than this.
    pub(super) fn check_same(&self, attributes: &Attributes) -> Result<(), JsonApiError> {
        let reason = "cannot be changed: make another VCS provider";
        self.check_auth_type(attributes)?;
        if attributes
            .non_empty_string("url")?
            .is_some_and(|url| url.trim_end_matches('/') != self.url.trim_end_matches('/'))
        {
            return Err(attributes.refuse("url", reason));
        }
        let own = vcs_type::of(self.kind.as_str(), &self.url);
        match attributes.non_empty_string("vcs-type")? {
            Some(given) if given != own => Err(attributes.refuse("vcs-type", reason)),
            _ => Ok(()),
        }
    }

    /// Refuses credentials that cannot be used, and asks the host whether it takes them.
    pub(super) async fn check_credentials(
        &self,
        state: &State,
        attributes: &Attributes,
        (key, token, api_url): (Option<&str>, Option<&str>, &str),
    ) -> Result<Shown, JsonApiError> {
        let http_url: BaseUrl = self.url.parse()?;
        let place = connection_secret::Place { kind: self.kind, http_url: &http_url, names: &NAMES };
        place.check(attributes, key, token)?;
        let shown = try_token(state, (self.kind.as_str(), &self.url, api_url), (key, token)).await;
        shown.map_err(|error| attributes.refuse("token", &format!("cannot be used: {error}")))
    }
}

/// The kind that a word of this API means, and its address if it has but one.
fn kind_of(attributes: &Attributes) -> Result<(HostKind, Option<&'static str>), JsonApiError> {
    Ok(match attributes.required_string("vcs-type")? {
        "github" => (HostKind::Github, Some("https://github.com")),
        "github_enterprise" => (HostKind::GithubEnterprise, None),
        "gitlab" => (HostKind::GitlabHosted, Some("https://gitlab.com")),
        "gitlab_enterprise" => (HostKind::GitlabEnterpriseEdition, None),
        "bitbucket" => (HostKind::BitbucketHosted, Some("https://bitbucket.org")),
        "bitbucket_enterprise" => (HostKind::BitbucketDataCenter, None),
        "azure_dev_ops_services" => (HostKind::AdoServices, Some("https://dev.azure.com")),
        "git" => (HostKind::Git, None),
        "ado_server" => (HostKind::AdoServer, None),
        "gitea" => (HostKind::Gitea, None),
        "forgejo" => (HostKind::Forgejo, None),
        _ => {
            let known = "github, github_enterprise, gitlab, gitlab_enterprise, bitbucket, bitbucket_enterprise, \
                         azure_dev_ops_services, ado_server, gitea, forgejo, git";
            return Err(attributes.refuse("vcs-type", &format!("must be one of {known}")));
        }
    })
}
