//! `POST /api/iacp/v3/vcs-providers`

use actix_web::{HttpResponse, web::Data};
use domain::{Action, Error, Id, Principal, kinds};
use seal::Secret;
use serde_json::Value;
use service_kit::JsonApiError;
use store::{
    Connection as Session, connection_shares,
    connections::{self, NewConnection},
    scopes::{self, Scope},
};

use super::{
    access::check,
    accounts::{self, Looked},
    document,
    relations::Related,
    vcs_provider_access::resource,
    wanted_vcs_provider::{Place, Wanted},
};
use crate::{
    caller::Caller,
    host::Shown,
    json_api::{answer, attempt::record_success, body::Body, connection_secret::seal_secret},
    state::State,
};

pub(super) const ACTION: &str = "create-connection";

/// Makes a connection, once its host has taken the token. Plain Git is not asked; what is wrong there shows at the first
/// module.
pub(super) async fn create(
    Caller(principal): Caller,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let (attributes, relationships) = body.attributes_and_relationships().await?;
    let wanted = Wanted::parse(&attributes, &relationships)?;
    attributes.required_string("name")?;
    let place = Place::parse(&attributes)?;
    let (caller, account) = (principal.clone(), wanted.account.clone());
    // Before the host is asked on behalf of whoever may not do this.
    state.store.read(move |session| find_scope(session, &caller, &account)).await??;
    let key = wanted.username.clone().flatten();
    let credentials = (key.as_deref(), wanted.token.as_ref().map(Secret::reveal), place.url.as_str());
    if let Shown::Unanswered(error) = place.check_credentials(&state, &attributes, credentials).await? {
        return Err(attributes.refuse("url", &format!("did not answer as it should: {error}")));
    }
    let id = Id::<kinds::Connection>::random();
    let sealed = seal_secret(&state.config.seal_keys, &id, wanted.token.as_ref().map(Secret::reveal))?;
    let public_url = state.config.public_url.clone();
    let made = state
        .store
        .write(move |session| {
            let new = New { id: &id, wanted: &wanted, place: &place, sealed: sealed.as_deref() };
            new.insert(session, &principal, &public_url)
        })
        .await??;
    Ok(answer::created(&document::one(made, None)))
}

/// The account that it is to belong to; the installation for `null`, if the caller owns that.
fn find_scope(session: &mut Session, caller: &Principal, account: &Related) -> Looked<Scope> {
    if *account == Related::Nothing && caller.owns_installation() {
        let found = scopes::find_installation(session)?;
        return found.map(Ok).ok_or_else(|| Error::internal("making a connection", "the installation has no scope"));
    }
    accounts::find_own(session, caller, account)
}

struct New<'a> {
    id: &'a Id<kinds::Connection>,
    wanted: &'a Wanted,
    place: &'a Place,
    sealed: Option<&'a str>,
}

impl New<'_> {
    fn insert(&self, session: &mut Session, caller: &Principal, public_url: &str) -> Looked<Value> {
        let Self { id, wanted, place, sealed } = self;
        let scope = match find_scope(session, caller, &wanted.account)? {
            Ok(scope) => scope,
            Err(refusal) => return Ok(Err(refusal)),
        };
        check(caller, Action::Own, &scope.id)?;
        let ids = wanted.environments.clone().unwrap_or_default();
        let environments = match accounts::find_environments(session, caller, &scope, &ids)? {
            Ok(environments) => environments,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let new = NewConnection {
            id,
            scope: &scope.id,
            kind: place.kind.as_str(),
            name: wanted.name.as_deref(),
            http_url: &place.url,
            api_url: &place.url,
            client_key: wanted.username.as_ref().and_then(Option::as_deref),
            secret_sealed: *sealed,
            organization_scoped: wanted.is_shared.unwrap_or_default(),
        };
        let connection = connections::insert(session, &new)?;
        let shares: Vec<_> = environments.into_iter().map(|scope| scope.id).collect();
        connection_shares::set(session, id, &shares)?;
        connection_shares::set_settings(session, id, &Value::Object(wanted.flags.clone()).to_string())?;
        record_success(session, &caller.about(&scope.id), ACTION, &format!("{id} {}", scope.name))?;
        resource(session, (caller, public_url), &connection, &scope).map(Ok)
    }
}
