//! `POST /api/v2/organizations/{org}/oauth-clients` and, with the organization in the body, `POST /api/v2/oauth-clients`

use actix_web::{HttpResponse, web::Data};
use domain::{Action, Error, Id, Principal, kinds};
use seal::Secret;
use service_kit::JsonApiError;
use store::{
    connections::{self, Changes, NewConnection},
    scopes::{self, Scope},
};
use vcs_hosts::HostKind;

use super::{
    answer,
    attempt::record_success,
    attributes::Attributes,
    body::Body,
    connection_secret::{Place, check_address, seal_secret},
    connection_view::{self, NAMES},
    host::{Shown, check_token},
    public_key::public_key,
    query::Query,
};
use crate::{
    caller::{Caller, Owner},
    state::State,
};

pub(super) const ACTION: &str = "create-connection";

/// Makes a connection, once its host has taken the token. Plain Git is not asked; what is wrong there shows at the first
/// module.
pub(super) async fn create(
    Owner { principal, scope }: Owner,
    body: Body,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&connection_view::INCLUDES)?;
    create_in(scope, &principal, &body.attributes().await?, &query, &state).await
}

/// The same in the organization that the body names.
pub(super) async fn create_without_organization(
    Caller(principal): Caller,
    body: Body,
    query: Query,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    query.check_includes(&connection_view::INCLUDES)?;
    let (attributes, relationships) = body.attributes_and_relationships().await?;
    let name = organization_of(&attributes, &relationships)?;
    let scope = state.store.read(move |session| scopes::find(session, &name)).await?;
    match scope {
        Some(scope) if scope.is_organization() && principal.may(Action::Own, &scope.id) => {
            let principal = principal.about(&scope.id);
            create_in(scope, &principal, &attributes, &query, &state).await
        }
        _ => Err(Error::not_found("Organization").into()),
    }
}

/// A relationship, as JSON:API has it, or an attribute.
fn organization_of(attributes: &Attributes, relationships: &Attributes) -> Result<String, JsonApiError> {
    if let Some(organization) = relationships.optional_object("organization")? {
        return Ok(organization.required_object("data")?.required_string("id")?.to_owned());
    }
    match attributes.non_empty_string("organization")? {
        Some(name) => Ok(name.to_owned()),
        None => Err(relationships.refuse("organization", "must be given")),
    }
}

async fn create_in(
    scope: Scope,
    principal: &Principal,
    attributes: &Attributes,
    query: &Query,
    state: &State,
) -> Result<HttpResponse, JsonApiError> {
    let wanted = Wanted::parse(attributes)?;
    let credentials = (wanted.key.as_deref(), wanted.token.as_ref().map(Secret::reveal));
    let place = (wanted.kind.as_str(), wanted.http_url.as_str(), wanted.api_url.as_str());
    if let Shown::Unanswered(error) = check_token(state, place, credentials).await? {
        // More likely a wrong address than a host that is down.
        return Err(attributes.refuse("api-url", &format!("did not answer as it should: {error}")));
    }
    let id = Id::<kinds::Connection>::random();
    let sealed = seal_secret(&state.config.seal_keys, &id, wanted.token.as_ref().map(Secret::reveal))?;
    let (principal, scope_id, name) = (principal.clone(), scope.id.clone(), scope.name.clone());
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
            let mut connection = connections::insert(session, &new)?;
            if let Some(key) = &wanted.rsa_public_key {
                let key = Changes { rsa_public_key: Some(Some(key)), ..Changes::default() };
                connection = connections::update(session, &connection, &key)?;
            }
            record_success(session, &principal.about(&scope_id), ACTION, &format!("{id} {name}"))?;
            Ok(connection)
        })
        .await?;
    Ok(answer::created(&connection_view::document(&connection, &scope, &state.config.public_url, query)))
}

/// A checked request. Addresses are kept as they were written: clients compare them with what they sent.
struct Wanted {
    kind: HostKind,
    name: Option<String>,
    http_url: String,
    api_url: String,
    key: Option<String>,
    token: Option<Secret>,
    rsa_public_key: Option<String>,
    organization_scoped: bool,
}

impl Wanted {
    fn parse(attributes: &Attributes) -> Result<Self, JsonApiError> {
        let kind: HostKind = attributes.required("service-provider")?;
        let http_url = attributes.required_string("http-url")?;
        let base = check_address(attributes, ("http-url", http_url), kind)?;
        let api_url = attributes.non_empty_string("api-url")?.unwrap_or(http_url);
        check_address(attributes, ("api-url", api_url), kind)?;
        let key = attributes.non_empty_string("key")?;
        let place = Place { kind, http_url: &base, names: &NAMES };
        let token = place.secret(attributes)?;
        place.check(attributes, key, token)?;
        Ok(Self {
            kind,
            name: attributes.non_empty_string("name")?.map(str::to_owned),
            http_url: http_url.to_owned(),
            api_url: api_url.to_owned(),
            key: key.map(str::to_owned),
            token: token.map(Secret::new),
            rsa_public_key: public_key(attributes)?.flatten(),
            organization_scoped: attributes.optional_bool("organization-scoped")?.unwrap_or(true),
        })
    }
}
