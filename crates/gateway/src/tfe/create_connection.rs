//! `POST /api/v2/organizations/{org}/oauth-clients`

use actix_web::{HttpResponse, web::Data};
use domain::{Error, Id, kinds};
use seal::{SealKeys, Secret};
use service_kit::JsonApiError;
use store::connections::{self, NewConnection, secret_binding};
use vcs_hosts::{BaseUrl, Credentials, HostKind, offered};

use super::{answer, attempt::record_success, attributes::Attributes, body::Body, connection_view, query::Query};
use crate::{caller::Owner, state::State};

pub(super) const ACTION: &str = "create-connection";

/// Makes a connection. The host is not asked; what is wrong with it shows at the first module.
pub(super) async fn create(
    owner: Owner,
    body: Body,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&connection_view::INCLUDES)?;
    let wanted = Wanted::parse(&body.attributes().await?)?;
    let id = Id::<kinds::Connection>::random();
    let sealed = wanted.seal(&state.config.seal_keys, &id)?;
    let Owner { principal, scope } = owner;
    let (scope_id, name) = (scope.id.clone(), scope.name.clone());
    let connection = state
        .store
        .write(move |session| {
            let new = NewConnection {
                id: &id,
                scope: &scope_id,
                kind: wanted.kind.as_str(),
                name: wanted.name.as_deref(),
                http_url: &wanted.http_url,
                api_url: &wanted.api_url,
                client_key: wanted.key.as_deref(),
                secret_sealed: sealed.as_deref(),
                organization_scoped: wanted.organization_scoped,
            };
            let connection = connections::insert(session, &new)?;
            record_success(session, &principal, ACTION, &format!("{id} {name}"))?;
            Ok(connection)
        })
        .await?;
    Ok(answer::created(&connection_view::document(&connection, &scope, &state.config.public_url, &query)))
}

/// A checked request. Addresses are kept as they were written: clients compare them with what they sent.
struct Wanted {
    kind: HostKind,
    name: Option<String>,
    http_url: String,
    api_url: String,
    key: Option<String>,
    token: Option<Secret>,
    organization_scoped: bool,
}

impl Wanted {
    fn parse(attributes: &Attributes) -> Result<Self, JsonApiError> {
        let kind: HostKind = attributes.required("service-provider")?;
        offered(kind).map_err(|error| attributes.at("service-provider", error))?;
        let http_url = attributes.required_string("http-url")?;
        check_address(attributes, "http-url", http_url)?;
        let api_url = attributes.non_empty_string("api-url")?.unwrap_or(http_url);
        check_address(attributes, "api-url", api_url)?;
        check_no_ssh_key(attributes)?;
        let key = attributes.non_empty_string("key")?;
        let token = attributes.non_empty_string("oauth-token-string")?;
        check_credentials(attributes, kind, key, token)?;
        Ok(Self {
            kind,
            name: attributes.non_empty_string("name")?.map(str::to_owned),
            http_url: http_url.to_owned(),
            api_url: api_url.to_owned(),
            key: key.map(str::to_owned),
            token: token.map(Secret::new),
            organization_scoped: attributes.optional_bool("organization-scoped")?.unwrap_or(true),
        })
    }

    fn seal(&self, keys: &SealKeys, id: &Id<kinds::Connection>) -> Result<Option<String>, Error> {
        self.token.as_ref().map(|token| keys.seal(token.reveal().as_bytes(), &secret_binding(id))).transpose()
    }
}

/// Refused rather than dropped: whoever sends a key believes that it is used.
fn check_no_ssh_key(attributes: &Attributes) -> Result<(), JsonApiError> {
    let is_given = attributes.given().any(|(name, value)| name == "private-key" && value != "");
    if is_given { Err(attributes.refuse("private-key", "is not offered; use oauth-token-string")) } else { Ok(()) }
}

fn check_address(attributes: &Attributes, name: &str, address: &str) -> Result<(), JsonApiError> {
    match address.parse::<BaseUrl>() {
        Ok(_) => Ok(()),
        Err(Error::Invalid { reason, .. }) => Err(attributes.refuse(name, &reason)),
        Err(error) => Err(attributes.at(name, error)),
    }
}

fn check_credentials(
    attributes: &Attributes,
    kind: HostKind,
    key: Option<&str>,
    token: Option<&str>,
) -> Result<(), JsonApiError> {
    Credentials::new(kind, key, token).map(drop).map_err(|error| match &error {
        Error::Invalid { what, .. } if what == "key" => attributes.at("key", error),
        _ => attributes.at("oauth-token-string", error),
    })
}
