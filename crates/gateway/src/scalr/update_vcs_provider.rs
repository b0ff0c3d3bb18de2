//! `PATCH /api/iacp/v3/vcs-providers/{id}`

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use domain::{Action, Error, Principal};
use seal::Secret;
use serde_json::{Map, Value};
use service_kit::JsonApiError;
use store::{
    Connection as Session, connection_shares,
    connections::{self, Changes, Connection},
};

use super::{
    accounts::{self, Looked},
    document,
    vcs_provider_access::{load, load_for_update, resource},
    wanted_vcs_provider::{Place, Wanted},
};
use crate::{
    caller::Caller,
    host::{Shown, open_token},
    json_api::{answer, attempt::record_success, body::Body, connection_secret::seal_secret},
    state::State,
};

pub(super) const ACTION: &str = "update-connection";

/// Changes what is given. With another user name or token its repositories are looked at anew; kind and address of the
/// host stay as they are.
pub(super) async fn update(
    Caller(principal): Caller,
    id: Path<String>,
    body: Body,
    state: Data<State>,
) -> Result<HttpResponse, JsonApiError> {
    let id = id.into_inner();
    let (caller, wanted_id) = (principal.clone(), id.clone());
    let (known, _) = state.store.read(move |session| load(session, &caller, Action::Own, &wanted_id)).await?;
    let (attributes, relationships) = body.attributes_and_relationships().await?;
    let wanted = Wanted::parse(&attributes, &relationships)?;
    let place = Place::of(&known)?;
    place.check_same(&attributes)?;
    if wanted.token.is_some() || wanted.username.is_some() {
        let present = open_token(&state, &known)?;
        let key = wanted.username.as_ref().map_or(known.client_key.as_deref(), Option::as_deref);
        let token = wanted.token.as_ref().or(present.as_ref()).map(Secret::reveal);
        let shown = place.check_credentials(&state, &attributes, (key, token, &known.api_url)).await?;
        if let Shown::Unanswered(error) = shown {
            // Its modules say whether it is taken, once the host is back.
            tracing::info!(connection = %known.id, error = error.chain(), "A new token was not tried: its host does not answer");
        }
    }
    let sealed = seal_secret(&state.config.seal_keys, &known.id, wanted.token.as_ref().map(Secret::reveal))?;
    let public_url = state.config.public_url.clone();
    let changed = state
        .store
        .write(move |session| apply(session, &principal, &id, (&wanted, sealed.as_deref(), &public_url)))
        .await??;
    Ok(answer::ok(&document::one(changed, None)))
}

fn apply(
    session: &mut Session,
    caller: &Principal,
    id: &str,
    (wanted, sealed, public_url): (&Wanted, Option<&str>, &str),
) -> Looked<Value> {
    let (connection, scope) = load_for_update(session, caller, Action::Own, id)?;
    if let Err(refusal) = accounts::check_stays(&scope, &wanted.account) {
        return Ok(Err(refusal));
    }
    if let Some(ids) = &wanted.environments {
        let environments = match accounts::find_environments(session, caller, &scope, ids)? {
            Ok(environments) => environments,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let shares: Vec<_> = environments.into_iter().map(|scope| scope.id).collect();
        connection_shares::set(session, &connection.id, &shares)?;
    }
    if !wanted.flags.is_empty() {
        let settings = merge(session, &connection, &wanted.flags)?;
        connection_shares::set_settings(session, &connection.id, &settings)?;
    }
    let changes = Changes {
        name: wanted.name.as_deref().map(Some),
        client_key: wanted.username.as_ref().map(Option::as_deref),
        secret_sealed: sealed,
        organization_scoped: wanted.is_shared,
        ..Changes::default()
    };
    let connection = connections::update(session, &connection, &changes)?;
    let object = format!("{} {}", connection.id, scope.name);
    record_success(session, &caller.about(&scope.id), ACTION, &object)?;
    resource(session, (caller, public_url), &connection, &scope).map(Ok)
}

fn merge(session: &mut Session, connection: &Connection, flags: &Map<String, Value>) -> Result<String, Error> {
    let id = connection.id.to_string();
    let mut known = connection_shares::list_settings(session, std::slice::from_ref(&id))?;
    let text = known.remove(&id).unwrap_or_default();
    let mut settings: Map<String, Value> = serde_json::from_str(&text).unwrap_or_default();
    settings.extend(flags.clone());
    Ok(Value::Object(settings).to_string())
}
